import type { BootstrapInterval } from '../evaluation/core/bootstrap.js';
import { CompareFlowService, type ComparisonResult } from '../pipeline/compare-flow.service.js';
import type { JudgementInput } from '../pipeline/model-input.service.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { AppError } from '../shared/errors.js';
import type { GlobalOptions, SelectionOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import { renderTable, type Output } from './output.js';
import { withSelection } from './selection.js';
import { labelsInput } from './table-input.js';
import { withApplication } from './with-application.js';

interface CompareOptions extends GlobalOptions, SelectionOptions {
  readonly labels?: string;
  readonly labelColumn?: string;
}

export async function run(
  [a, b, ...paths]: readonly string[],
  options: CompareOptions,
  output: Output,
): Promise<void> {
  if (paths.length === 0 && (options.labels !== undefined || options.labelColumn !== undefined)) {
    throw new AppError('usage', 'Labels need an export whose windows they speak about.', {
      hint: `mcp-training compare ${a} ${b} EXPORT --labels FILE`,
    });
  }
  const config = configuration({ ...options, featureSet: undefined }, output);
  const interrupt = interruptSignal();
  const { signal } = interrupt;
  const compare = (input: JudgementInput | null): Promise<ComparisonResult> =>
    withApplication(config, options, ({ context }) =>
      context.get(CompareFlowService).compare(
        { a, b, input, seed: config.values.training.random_state },
        {
          signal,
          onProgress: (fraction, message) => {
            output.progress(fraction * 100, message);
          },
        },
      ),
    );
  try {
    const result =
      paths.length === 0
        ? await compare(null)
        : await withSelection(paths, options, { config, output, signal }, (selection) =>
            compare({ selection, ...judged(options, config) }),
          );
    for (const warning of result.warnings) output.warn(warning);
    output.result(result, () => describeComparison(result));
  } finally {
    interrupt.release();
  }
}

function judged(options: CompareOptions, config: ResolvedConfig): Omit<JudgementInput, 'selection'> {
  return {
    maxWindows: config.values.features.window.max_windows,
    labels: options.labels === undefined ? null : labelsInput(options.labels),
    labelColumn: options.labelColumn ?? null,
  };
}

const number = (value: number | null, digits = 3): string => value?.toFixed(digits) ?? '-';

const interval = ({ estimate, low, high }: BootstrapInterval, digits = 3): string =>
  `${number(estimate, digits)}  [${number(low, digits)}, ${number(high, digits)}]`;

const VERDICTS = { a_is_better: 'A is better', b_is_better: 'B is better', not_clear: 'not clear' } as const;

function describeComparison(result: ComparisonResult): string {
  const { recorded, on_export: found } = result;
  const sections = [`A = ${result.a}, B = ${result.b}`];
  if (found === null) {
    sections.push(
      renderTable(
        ['recorded figure', 'labels', 'A', 'B', 'B - A'],
        recorded.metrics.map(({ metric, label_source: source, a, b, delta }) => [
          metric,
          source,
          number(a),
          number(b),
          number(delta),
        ]),
      ),
      recorded.same_inputs
        ? 'Both were judged on windows of the same files.'
        : 'The versions were judged on windows of different files: give an export to compare them on the same windows.',
    );
    return sections.join('\n\n');
  }
  sections.push(describeRadius(found));
  if (found.metrics.length > 0) {
    sections.push(
      renderTable(
        ['metric', 'labels', 'A', 'B', 'B - A  [95 %]', ''],
        found.metrics.map(({ metric, label_source: source, a, b, delta, verdict }) => [
          metric,
          source,
          number(a),
          number(b),
          interval(delta),
          VERDICTS[verdict],
        ]),
      ),
    );
  }
  if (found.episodes !== null) {
    const { label_source: source, a, b, by_kind: kinds, recall_delta: delta } = found.episodes;
    sections.push(
      `Episodes (labels: ${source}): A finds ${a.hit} of ${a.episodes} with ${a.false_alerts} false alerts, B ${b.hit} with ${b.false_alerts}. Recall B - A: ${interval(delta)}`,
      renderTable(
        ['kind', 'episodes', 'A', 'B'],
        kinds.map(({ kind, episodes, hit_a: hitA, hit_b: hitB }) => [kind, episodes, hitA, hitB]),
      ),
    );
  }
  return sections.join('\n\n');
}

function describeRadius(found: NonNullable<ComparisonResult['on_export']>): string {
  const { blast_radius: radius, agreement } = found;
  const facts: [string, string][] = [
    ['windows compared', String(radius.windows)],
    ['alerts', `A ${radius.alerts_a}, B ${radius.alerts_b}`],
    ['alerts a day', `A ${number(radius.alerts_per_day_a, 1)}, B ${number(radius.alerts_per_day_b, 1)}`],
    ...(radius.alerts_per_day_delta === null
      ? []
      : [['B - A a day  [95 %]', interval(radius.alerts_per_day_delta, 1)] as [string, string]]),
    ['kept, new, lost', `${radius.kept_alerts}, ${radius.new_alerts}, ${radius.lost_alerts}`],
    ['rank agreement', `${number(agreement.spearman)} (Spearman)`],
  ];
  const devices = renderTable(
    ['device', 'windows', 'A', 'B', 'new', 'lost'],
    radius.devices.map((entry) => [
      entry.device,
      entry.windows,
      entry.alerts_a,
      entry.alerts_b,
      entry.new_alerts,
      entry.lost_alerts,
    ]),
  );
  return [
    renderTable(['if B takes the place of A', ''], facts),
    ...(radius.devices.length === 0 ? [] : ['', devices]),
  ].join('\n');
}
