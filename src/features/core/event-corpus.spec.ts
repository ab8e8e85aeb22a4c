import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { EVENT_CLASSES } from './event-class.js';
import { classify } from './event-classifier.js';
import { createEventFields } from './event-fields.js';

const CORPUS = '../shared/data/wifi/corpus.jsonl.gz';
const PAGE = join(import.meta.dirname, '../../../docs/events.md');
const START = '<!-- agreement:start -->';
const END = '<!-- agreement:end -->';
const present = existsSync(CORPUS);
if (!present)
  console.warn(`SKIPPED: the corpus of real log lines is not at ${CORPUS}; agreement was not checked.`);

interface CorpusLine {
  readonly process_name: string | null;
  readonly message: string;
  readonly event_class: string;
}

interface Decision {
  readonly label: string;
  readonly ours: string;
  readonly lines: number;
  readonly why: string;
}

const decided = (label: string, lines: Readonly<Record<string, number>>, why: string): Decision[] =>
  Object.entries(lines).map(([ours, count]) => ({ label, ours, lines: count, why }));

/** Every disagreement with the labels, looked at and decided: what we call the line on purpose. */
const DECIDED: readonly Decision[] = [
  ...decided(
    'other',
    {
      k_auth: 36,
      k_assoc: 16,
      k_assoc_rx: 16,
      k_conn_lost: 12,
      k_deauth_rx: 8,
      k_deauth_local: 2,
      auth_timeout: 2,
      supp_auth_try: 13,
      supp_assoc_try: 7,
      supp_associated: 2,
      key_negotiated: 6,
    },
    'The address was redacted, masked or cut off by who published the line; the event is still that event.',
  ),
  ...decided(
    'other',
    { fw_crash: 28 },
    'A driver whose firmware no longer answers (`Message 00000010 (seq 1) timeout`) counts as a firmware failure.',
  ),
  ...decided('other', { ignore_list: 3 }, 'Removing a network from the list is an event of the list, too.'),
  ...decided(
    'supp_event_other',
    { supp_disconnected: 37, supp_connected: 32, ssid_temp_disabled: 5, signal_change: 2 },
    'The event word says which event it is, also when what follows was redacted or cut off.',
  ),
  ...decided('reboot', { other: 3 }, 'cron writes `Running @reboot jobs` whenever cron itself starts.'),
  ...decided(
    'regdom',
    { other: 2 },
    'A P2P listen channel names a regulatory class; the domain does not change.',
  ),
];

interface Agreement {
  readonly label: string;
  readonly lines: number;
  readonly agreed: number;
  /** Lines by what we call them instead. */
  readonly different: ReadonlyMap<string, number>;
}

function compare(): readonly Agreement[] {
  const fields = createEventFields();
  const byLabel = new Map<string, Map<string, number>>();
  for (const text of gunzipSync(readFileSync(CORPUS)).toString('utf8').trim().split('\n')) {
    const { process_name: program, message, event_class: label } = JSON.parse(text) as CorpusLine;
    const ours = EVENT_CLASSES[classify(program ?? '', message, fields)];
    const counts = byLabel.get(label) ?? new Map<string, number>();
    counts.set(ours, (counts.get(ours) ?? 0) + 1);
    byLabel.set(label, counts);
  }
  return [...byLabel]
    .map(([label, counts]) => ({
      label,
      lines: [...counts.values()].reduce((sum, count) => sum + count, 0),
      agreed: counts.get(label) ?? 0,
      different: new Map([...counts].filter(([ours]) => ours !== label).sort(([, a], [, b]) => b - a)),
    }))
    .sort((a, b) => b.lines - a.lines || (a.label < b.label ? -1 : 1));
}

const code = (text: string): string => `\`${text}\``;
const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function render(agreements: readonly Agreement[]): string {
  const total = agreements.reduce((sum, { lines }) => sum + lines, 0);
  const agreed = agreements.reduce((sum, agreement) => sum + agreement.agreed, 0);
  return [
    `${total} lines, ${agreed} with the same class (${((100 * agreed) / total).toFixed(2)} %).`,
    table(
      ['label', 'lines', 'agree', 'disagree: our class'],
      agreements.map(({ label, lines, agreed: same, different }) => [
        code(label),
        String(lines),
        String(same),
        [...different].map(([ours, count]) => `${count} ${code(ours)}`).join(', '),
      ]),
    ),
    'Every disagreement is on purpose:',
    table(
      ['label', 'our class', 'lines', 'why'],
      DECIDED.map(({ label, ours, lines, why }) => [code(label), code(ours), String(lines), why]),
    ),
  ].join('\n\n');
}

/** Prettier pads cells; what is between the bars is what counts. */
const squeeze = (text: string): string => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').trim();

describe.skipIf(!present)('classification of 23,559 real lines', () => {
  const agreements = present ? compare() : [];

  it('agrees with the labels on 99 % of the lines', () => {
    const total = agreements.reduce((sum, { lines }) => sum + lines, 0);
    expect(total).toBe(23_559);
    expect(agreements.reduce((sum, { agreed }) => sum + agreed, 0) / total).toBeGreaterThanOrEqual(0.99);
  });

  it('differs only where decided, on as many lines', () => {
    const differences = agreements.flatMap(({ label, different }) =>
      [...different].map(([ours, lines]) => `${lines} ${label} -> ${ours}`),
    );
    expect(differences.sort()).toEqual(
      DECIDED.map(({ label, ours, lines }) => `${lines} ${label} -> ${ours}`).sort(),
    );
  });

  it('gives every label its class: all of its lines but the decided ones, and 95 % of the lines of most', () => {
    const below = agreements.filter(({ lines, agreed }) => agreed < 0.95 * lines).map(({ label }) => label);
    expect(below).toEqual(['supp_event_other', 'reboot']);
  });

  it('is shown class by class in docs/events.md', () => {
    const page = readFileSync(PAGE, 'utf8');
    const [before, rest] = page.split(START);
    const [shown, after] = rest.split(END);
    if (process.env.UPDATE_DOCS === '1') {
      writeFileSync(PAGE, `${before}${START}\n\n${render(agreements)}\n\n${END}${after}`);
    }
    expect(squeeze(shown)).toBe(squeeze(render(agreements)));
  });
});
