import type { ExportStats, ValidationReport } from '../../../export/core/validation-report.js';
import type { TableReport } from '../../../features/core/table-report.js';
import { duration, moment, percent, whole, type CardInput, type Loose } from './card-input.js';
import { factList, html, htmlTable, type Fragment, type Html } from './html.js';

const LISTED = 12;

/** Files, span, lines, devices, programs, and what was found in them. */
export function dataSection({ metadata, validation }: CardInput): Html {
  const stats = validation.stats ?? {};
  return html`<section aria-labelledby="data">
    <h2 id="data">Data</h2>
    ${'row_count' in stats ? tableFacts(stats) : exportFacts(stats)}
    ${htmlTable(
      'Files the model was trained on',
      ['file', 'bytes', 'SHA-256'],
      metadata.exportFiles.map(({ name, bytes, sha256 }) => [
        name,
        whole(bytes),
        html`<code>${sha256}</code>`,
      ]),
      { numeric: [1] },
    )}
    ${findings(validation)}
  </section>`;
}

function tableFacts(stats: Loose<TableReport['stats']>): Html {
  const { labels } = stats;
  return factList([
    ['Rows', whole(stats.row_count)],
    ['Columns', whole(stats.column_count)],
    ['Missing values', whole(stats.missing_values)],
    ['Devices', whole(stats.device_count)],
    ['Time', stats.start == null ? 'rows without times' : `${moment(stats.start)} to ${moment(stats.end)}`],
    [
      'Labels',
      labels == null
        ? 'none'
        : `${whole(labels.normal)} normal, ${whole(labels.anomalous)} anomalous (column ${labels.column ?? '-'})`,
    ],
  ]);
}

function exportFacts(stats: Loose<ExportStats>): Html {
  const { gaps } = stats;
  return html`${factList([
      ['From', moment(stats.start)],
      ['To', moment(stats.end)],
      ['Span', stats.time_range_days == null ? '-' : duration(stats.time_range_days * 86_400)],
      ['Log lines', note(whole(stats.log_count), `${whole(stats.invalid_logs)} invalid`)],
      ['WiFi lines', note(whole(stats.wifi_logs), percent(stats.wifi_ratio))],
      ['Windows with lines', whole(stats.non_empty_windows)],
      [
        'Pauses over an hour',
        note(whole(gaps?.count), gaps?.count ? `longest ${duration(gaps.longest_seconds ?? 0)}` : null),
      ],
    ])}
    <div class="pair">
      ${shares('Devices', 'device', stats.device_count, stats.devices ?? [])}
      ${shares('Programs', 'program', stats.program_count, stats.programs ?? [])}
    </div>`;
}

const note = (value: Fragment, remark: Fragment): Fragment => html`${value} <small>${remark}</small>`;

type Counted = Loose<{ readonly device: string; readonly program: string; readonly logs: number }>;

function shares(
  title: string,
  key: 'device' | 'program',
  count: number | null | undefined,
  list: readonly Counted[],
): Html | null {
  if (list.length === 0) return null;
  const listed = list.slice(0, LISTED);
  const rest = (count ?? list.length) - listed.length;
  const caption =
    rest > 0 ? `${title} (${whole(count)}, the ${LISTED} busiest)` : `${title} (${whole(count)})`;
  return htmlTable(
    caption,
    [key, 'lines'],
    listed.map((entry) => [entry[key] ?? '-', whole(entry.logs)]),
    { numeric: [1] },
  );
}

function findings(validation: Loose<ValidationReport | TableReport>): Html {
  const list = [...(validation.errors ?? []), ...(validation.warnings ?? [])];
  if (list.length === 0) return html`<p>Nothing unusual was found in the data.</p>`;
  return html`<h3>What was found in the data</h3>
    <ul>
      ${list.map(({ message }) => html`<li>${message ?? ''}</li>`)}
    </ul>`;
}
