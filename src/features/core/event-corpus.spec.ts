import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { EVENT_CLASSES } from './event-class.js';
import { classify } from './event-classifier.js';
import { createEventFields } from './event-fields.js';

const CORPUS = '../shared/data/wifi/corpus.jsonl.gz';
const present = existsSync(CORPUS);
if (!present)
  console.warn(`SKIPPED: the corpus of real log lines is not at ${CORPUS}; agreement was not checked.`);

interface CorpusLine {
  readonly process_name: string | null;
  readonly message: string;
  readonly event_class: string;
}

/**
 * Where we differ from the corpus's labels on purpose ("label -> ours"). The labels want an address of a certain form;
 * a line whose address was redacted, masked or cut off is still that event. Driver message timeouts are firmware
 * failures (event catalogue, section 1.4); cron's @reboot jobs are no reboot; a P2P "Regulatory Class" is no change of
 * the regulatory domain.
 */
const DECIDED = new Set([
  'supp_event_other -> supp_disconnected',
  'supp_event_other -> supp_connected',
  'supp_event_other -> ssid_temp_disabled',
  'supp_event_other -> signal_change',
  'other -> k_auth',
  'other -> k_assoc',
  'other -> k_assoc_rx',
  'other -> k_conn_lost',
  'other -> k_deauth_rx',
  'other -> k_deauth_local',
  'other -> auth_timeout',
  'other -> supp_auth_try',
  'other -> supp_assoc_try',
  'other -> supp_associated',
  'other -> key_negotiated',
  'other -> ignore_list',
  'other -> fw_crash',
  'reboot -> other',
  'regdom -> other',
]);

describe.skipIf(!present)('classification of 23,559 real lines', () => {
  it('agrees with the labels on 99 % of the lines, and differs only where decided', () => {
    const lines = gunzipSync(readFileSync(CORPUS)).toString('utf8').trim().split('\n');
    const fields = createEventFields();
    const differences = new Map<string, number>();
    let agreed = 0;
    for (const text of lines) {
      const line = JSON.parse(text) as CorpusLine;
      const ours = EVENT_CLASSES[classify(line.process_name ?? '', line.message, fields)];
      if (ours === line.event_class) {
        agreed++;
      } else {
        const key = `${line.event_class} -> ${ours}`;
        differences.set(key, (differences.get(key) ?? 0) + 1);
      }
    }
    expect(lines).toHaveLength(23_559);
    expect(agreed / lines.length).toBeGreaterThanOrEqual(0.99);
    expect([...differences.keys()].filter((key) => !DECIDED.has(key))).toEqual([]);
  });
});
