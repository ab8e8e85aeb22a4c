import type { Setting } from '../../api/service-types.js';

/** Settings of one training that the form offers. */
export interface OfferedOption {
  readonly path: readonly [section: string, ...keys: string[]];
  readonly label: string;
  readonly help: string;
  readonly kind: 'number' | 'choice';
  readonly unit?: string;
}

export interface TrainingOption extends OfferedOption {
  /** What the service takes when it is left alone. */
  readonly usual: string;
  readonly choices?: readonly string[];
}

export const OFFERED: readonly OfferedOption[] = [
  {
    path: ['model', 'type'],
    label: 'Detector',
    help: 'What decides how unusual a window is. Only an Isolation Forest is what the consumer loads as it is.',
    kind: 'choice',
  },
  {
    path: ['features', 'set'],
    label: 'Feature set',
    help: 'What is counted in each window: wifi for access points, system for any device, agent-… for the existing agents.',
    kind: 'choice',
  },
  {
    path: ['model', 'contamination'],
    label: 'Contamination',
    help: 'Share of the training windows beyond the alert threshold. Higher flags more windows: 0.01 is about 3 alerts a day for each device.',
    kind: 'number',
  },
  {
    path: ['model', 'n_estimators'],
    label: 'Trees',
    help: 'More trees give steadier scores and take longer.',
    kind: 'number',
  },
  {
    path: ['features', 'window', 'length'],
    label: 'Window',
    help: 'Log lines are counted in windows of this length. The consumer expects 300 s.',
    kind: 'number',
    unit: 's',
  },
  {
    path: ['features', 'window', 'group_by'],
    label: 'Windows of',
    help: 'Each device by itself, or all devices together.',
    kind: 'choice',
  },
  {
    path: ['training', 'test_size'],
    label: 'Held-out share',
    help: 'The last part of the time span, on which the model is judged and never fitted.',
    kind: 'number',
  },
  {
    path: ['model', 'random_state'],
    label: 'Seed',
    help: 'The same seed and export give the same model, byte for byte.',
    kind: 'number',
  },
];

export const nameOf = ({ path }: OfferedOption): string => path.join('.');

/** What is offered, with the values and choices of this service. */
export function optionsOf(settings: readonly Setting[]): TrainingOption[] {
  return OFFERED.flatMap((option) => {
    const setting = settings.find(({ key }) => key === nameOf(option));
    if (setting === undefined) return [];
    const usual = String(setting.value);
    return option.kind === 'number'
      ? [{ ...option, usual }]
      : [{ ...option, usual, choices: choicesOf(setting.expected, usual) }];
  });
}

/** "one of a, b, c" */
function choicesOf(expected: string, usual: string): string[] {
  const named = /^one of (.+)$/.exec(expected)?.[1].split(', ') ?? [];
  return named.includes(usual) ? named : [usual, ...named];
}

/** What was changed, as the tree that the service takes. */
export function overridesOf(
  options: readonly TrainingOption[],
  values: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const option of options) {
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
  option: OfferedOption,
  errors: readonly { readonly pointer: string; readonly message: string }[],
): string | undefined {
  const name = nameOf(option);
  return errors.find(({ pointer, message }) => {
    const key = pointer.replace(/^\//, '').replace(/\//g, '.');
    return key.endsWith(name) || message.includes(name);
  })?.message;
}
