import { describe, expect, it } from 'vitest';
import { aggregate, logRecord, T0 } from '../../../test/support/agent-windows.js';
import { featureSet } from '../../features/core/feature-sets.js';
import type { WindowTable } from '../../features/core/window-table.js';
import { AppError } from '../../shared/errors.js';
import { assertEnoughWindows } from './enough-windows.js';

/** 400 windows with a line of cron each, and a query in the first `queries` of them. */
function dnsTable(queries: number): WindowTable {
  const records = Array.from({ length: 401 }, (_, i) => [
    logRecord(T0 + i * 300_000, ['cron', 'tick']),
    ...(i < queries ? [logRecord(T0 + i * 300_000, ['dnsmasq', 'query'])] : []),
  ]);
  return aggregate('agent-dns', records.flat());
}

describe('assertEnoughWindows', () => {
  it('counts the windows with lines that the agent reads, not the others', () => {
    let caught: unknown;
    try {
      assertEnoughWindows(dnsTable(287), featureSet('agent-dns'));
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(AppError);
    expect(caught).toMatchObject({
      code: 'not_enough_data',
      message:
        'Not enough data to train the feature set "agent-dns": 287 of 400 windows hold lines that it reads ' +
        '(programs named, dnsmasq, systemd-resolved), at least 288 are needed; 1 is missing.',
      details: { required: 288, found: 287, missing: 1 },
    });
    expect(() => {
      assertEnoughWindows(dnsTable(288), featureSet('agent-dns'));
    }).not.toThrow();
  });

  it('leaves sets that read every line to the validation of the export', () => {
    expect(() => {
      assertEnoughWindows(dnsTable(0), featureSet('system'));
    }).not.toThrow();
  });
});
