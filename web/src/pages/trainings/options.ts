/** Settings of one training that the form offers, with what the service takes when they are left alone. */
export interface TrainingOption {
  readonly path: readonly [section: string, ...keys: string[]];
  readonly label: string;
  readonly help: string;
  readonly usual: string;
  readonly kind: 'number' | 'choice';
  readonly choices?: readonly string[];
  readonly unit?: string;
}

export const OPTIONS: readonly TrainingOption[] = [
  {
    path: ['model', 'type'],
    label: 'Detector',
    help: 'What decides how unusual a window is. Only an Isolation Forest is what the consumer loads as it is.',
    usual: 'isolation_forest',
    kind: 'choice',
    choices: [
      'isolation_forest',
      'tail_probability',
      'robust_covariance',
      'local_outlier_factor',
      'ensemble',
    ],
  },
  {
    path: ['features', 'set'],
    label: 'Feature set',
    help: 'What is counted in each window: wifi for access points, system for any device, agent-… for the existing agents.',
    usual: 'wifi',
    kind: 'choice',
    choices: ['wifi', 'system', 'agent-wifi', 'agent-generic', 'agent-dns', 'agent-firewall'],
  },
  {
    path: ['model', 'contamination'],
    label: 'Contamination',
    help: 'Share of the training windows beyond the alert threshold. Higher flags more windows: 0.01 is about 3 alerts a day for each device.',
    usual: '0.01',
    kind: 'number',
  },
  {
    path: ['model', 'n_estimators'],
    label: 'Trees',
    help: 'More trees give steadier scores and take longer.',
    usual: '100',
    kind: 'number',
  },
  {
    path: ['features', 'window', 'length'],
    label: 'Window',
    help: 'Log lines are counted in windows of this length. The consumer expects 300 s.',
    usual: '300',
    kind: 'number',
    unit: 's',
  },
  {
    path: ['features', 'window', 'group_by'],
    label: 'Windows of',
    help: 'Each device by itself, or all devices together.',
    usual: 'device',
    kind: 'choice',
    choices: ['device', 'all'],
  },
  {
    path: ['training', 'test_size'],
    label: 'Held-out share',
    help: 'The last part of the time span, on which the model is judged and never fitted.',
    usual: '0.2',
    kind: 'number',
  },
  {
    path: ['model', 'random_state'],
    label: 'Seed',
    help: 'The same seed and export give the same model, byte for byte.',
    usual: '42',
    kind: 'number',
  },
];

export const nameOf = ({ path }: TrainingOption): string => path.join('.');

/** What was changed, as the tree that the service takes. */
export function overridesOf(values: Readonly<Record<string, string>>): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const option of OPTIONS) {
    const text = values[nameOf(option)] ?? '';
    if (text === '' || text === option.usual) continue;
    const number = Number(text);
    put(tree, option.path, option.kind === 'number' && Number.isFinite(number) ? number : text);
  }
  return tree;
}

function put(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let node = tree;
  for (const key of path.slice(0, -1)) {
    node[key] ??= {};
    node = node[key] as Record<string, unknown>;
  }
  node[path[path.length - 1]] = value;
}

/** Problem of a field, wherever the service puts the name of the setting. */
export function problemFor(
  option: TrainingOption,
  errors: readonly { readonly pointer: string; readonly message: string }[],
): string | undefined {
  const name = nameOf(option);
  return errors.find(({ pointer, message }) => {
    const key = pointer.replace(/^\//, '').replace(/\//g, '.');
    return key.endsWith(name) || message.includes(name);
  })?.message;
}
