import { describe, expect, it } from 'vitest';
import { decodeText, RecordBatches } from '../../../test/support/record-batches.js';
import type { LogRecord } from '../../export/core/log-record.js';
import { ROW } from '../../export/core/record-batch.js';
import type { AgentAggregator } from './agents/agent-aggregator.js';
import { featureSet } from './feature-sets.js';
import type { WindowAggregator } from './window-aggregator.js';
import { WindowReopened } from './window-reopened.js';
import type { WindowConfig, WindowTable } from './window-table.js';

/** A multiple of 300 s. */
const T0 = Date.UTC(2025, 5, 2, 10);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CONFIG: WindowConfig = {
  lengthSeconds: 300,
  strideSeconds: 300,
  contextSeconds: 1800,
  groupBy: 'device',
  timezone: 'UTC',
  maxWindows: 1_000_000,
};

const line = (timestampMs: number, message = 'x', device = 'ap-1', program = 'hostapd'): LogRecord => ({
  ...{ recordIndex: 0, byteOffset: 0, level: 6 },
  ...{ timestampMs, device, program, message },
});

interface Stream {
  readonly aggregator: WindowAggregator;
  readonly batches: RecordBatches;
  add(...records: LogRecord[]): void;
}

function stream(options: { config?: WindowConfig; sweepLines?: number; set?: string } = {}): Stream {
  const { config = CONFIG, sweepLines, set = 'wifi' } = options;
  const batches = new RecordBatches();
  const aggregator = featureSet(set).createAggregator(config, () => 0, {
    ...{ names: batches.names, decode: decodeText, keepAll: false, sweepLines },
  }) as WindowAggregator;
  return {
    ...{ aggregator, batches },
    add: (...records) => {
      batches.feed(aggregator, records, 1);
    },
  };
}

/** Lines with an address that never comes again. */
const newAddress = (time: number, i: number, device: string): LogRecord => {
  const octets = [i >> 16, i >> 8, i].map((byte) => (byte & 255).toString(16).padStart(2, '0'));
  return line(time, `wlan0: STA 02:00:00:${octets.join(':')} IEEE 802.11: authenticated`, device);
};

const logCounts = ({ logCount }: WindowTable): number[] => [...logCount];

describe('the horizon', () => {
  it('keeps a window open for an hour after the stream has left it, and no longer', () => {
    for (const direction of [1, -1]) {
      const { aggregator, add } = stream({ sweepLines: 1 });
      const at = (minutes: number): number => T0 + direction * minutes * MINUTE;
      add(line(at(-200)), line(at(2)));
      // The window of +-2 min ends 5 min (ascending) or begins 0 min after it: 65 min later it is within reach.
      add(line(at(64)), line(at(3)), line(at(64)));
      add(line(at(66)));
      expect(() => {
        add(line(at(3)));
      }).toThrowError(WindowReopened);
      expect(aggregator.ledger.rows.size).toBeGreaterThan(0);
    }
  });

  it('counts for every device, whichever wrote the lines that went on', () => {
    const { add } = stream({ sweepLines: 1 });
    add(line(T0 - 3 * HOUR), line(T0, 'x', 'ap-2'));
    for (let hour = 1; hour < 4; hour++) add(line(T0 + hour * HOUR));
    expect(() => {
      add(line(T0 + 1, 'x', 'ap-2'));
    }).toThrowError(/ap-2/);
  });

  it('is twelve windows when they are long', () => {
    const hourly = { ...CONFIG, lengthSeconds: 3600, strideSeconds: 3600 };
    const { add } = stream({ config: hourly, sweepLines: 1 });
    add(line(T0 - 30 * HOUR), line(T0), line(T0 + 12 * HOUR), line(T0), line(T0 + 13.1 * HOUR));
    expect(() => {
      add(line(T0));
    }).toThrowError(/ap-1 for the window of 2025-06-02T10:00:00Z/);
  });

  it('never ends for the windows around the first line, the seam to the part before', () => {
    const { add, aggregator } = stream({ sweepLines: 1 });
    for (let hour = 0; hour < 12; hour++) add(line(T0 + hour * HOUR));
    add(line(T0 + 30 * MINUTE), line(T0 - 50 * MINUTE), line(T0 + 12 * HOUR));
    expect(aggregator.ledger.rows.size).toBeGreaterThan(5);
  });

  it('does not matter to a late line whose window has had none', () => {
    const { add, aggregator } = stream({ sweepLines: 1 });
    for (let hour = 0; hour < 12; hour++) add(line(T0 + hour * HOUR));
    add(line(T0 + 6.5 * HOUR), line(T0 + 12 * HOUR));
    const table = aggregator.finish();
    expect(table.logCount).toHaveLength(144);
    expect(table.logCount[78]).toBe(1);
    expect(logCounts(table).filter((lines) => lines > 0)).toHaveLength(13);
  });

  it('does not close everything because of one line with a wrong time', () => {
    const { add, aggregator } = stream({ sweepLines: 4 });
    for (let minute = 0; minute < 600; minute += 10) {
      add(line(T0 + minute * MINUTE));
      if (minute === 300) add(line(T0 + 1000 * HOUR));
    }
    expect(aggregator.ledger.rows.size).toBeGreaterThan(10);
  });

  it('is not reached by lines that the filters leave out', () => {
    const { aggregator, batches, add } = stream({ sweepLines: 1 });
    add(line(T0 - 5 * MINUTE), line(T0));
    batches.batch.clear();
    batches.append(line(T0 + 500 * DAY), ROW.noZone);
    aggregator.add(batches.batch, batches.events);
    add(line(T0 + 10 * MINUTE));
    expect(logCounts(aggregator.finish())).toEqual([1, 1, 0]);
  });
});

describe('memory', () => {
  it('does not grow with lines and addresses, and little with windows', () => {
    const { aggregator, batches } = stream();
    const { ledger, sums } = aggregator;
    const sizes: number[][] = [];
    let i = 0;
    for (let day = 0; day < 6; day++) {
      const records: LogRecord[] = [];
      // 60 lines in each of 288 windows, on alternating devices; the file is descending.
      for (let at = DAY; at > 0; at -= 5000) {
        records.push(newAddress(T0 - day * DAY + at, i++, i % 2 === 0 ? 'ap-1' : 'ap-2'));
      }
      batches.feed(aggregator, records);
      sizes.push([ledger.openWindows, ledger.slotLimit, sums.crowd]);
    }
    const [open, slots, crowd] = [0, 1, 2].map((column) => Math.max(...sizes.slice(3).map((s) => s[column])));
    // Both ends of the horizon, two devices, and the stretch between two looks: 4,096 lines are 68 windows.
    expect(open).toBeLessThan(2 * (13 + 13 + 2 * 69));
    expect(slots).toBeLessThan(4 * open);
    expect(crowd).toBeLessThan(30 * slots);
    expect(sizes[5][1]).toBeLessThan(1.25 * sizes[3][1]);
    expect(ledger.rows.size + ledger.openWindows).toBeGreaterThan(2 * 288 * 6 - 1);
    const table = aggregator.finish();
    const macs = table.featureNames.indexOf('unique_mac_count');
    const columns = table.featureNames.length;
    for (let row = 0; row < table.logCount.length; row++) {
      if (table.values[row * columns + macs] !== 30) throw new Error(`row ${row} has another count`);
    }
  });

  it('does not grow with what an agent tells apart', () => {
    const batches = new RecordBatches();
    const agent = featureSet('agent-dns').createAggregator(CONFIG, () => 0, {
      ...{ names: batches.names, decode: decodeText, keepAll: false, sweepLines: 512 },
    }) as AgentAggregator;
    let most = 0;
    for (let hour = 0; hour < 240; hour++) {
      const records = Array.from({ length: 120 }, (_, i) =>
        line(T0 + hour * HOUR + i * 30_000, `query h${hour * 120 + i}.example.com`, 'ap-1', 'dnsmasq'),
      );
      batches.feed(agent, records);
      most = Math.max(most, agent.tally.textCount);
    }
    // 28,800 domains in all, ten in a window: 26 windows near the ends, 51 between two looks, twice as many closed ones.
    expect(most).toBeLessThan(10 * 4 * (26 + 51));
    const table = agent.finish();
    const domains = table.featureNames.indexOf('unique_domain_count');
    for (let row = 0; row < table.logCount.length; row++) {
      expect(table.values[row * table.featureNames.length + domains]).toBe(10);
    }
  });

  it('stops telling addresses of one window apart at 65,535, in any order and for any split', () => {
    const records = Array.from({ length: 66_000 }, (_, i) => newAddress(T0 + i, i, 'ap-1'));
    records.push(line(T0 + 300_000));
    const count = ({ values, featureNames }: WindowTable): number =>
      values[featureNames.indexOf('unique_mac_count')];
    const whole = stream();
    whole.batches.feed(whole.aggregator, records);
    const [first, second] = [stream(), stream()];
    // Both sides below the limit, with some in common.
    first.batches.feed(first.aggregator, records.slice(0, 40_000));
    second.batches.feed(second.aggregator, records.slice(30_000));
    first.aggregator.absorb(second.aggregator.exportState());
    expect([count(whole.aggregator.finish()), count(first.aggregator.finish())]).toEqual([65_535, 65_535]);
  });

  it('of the index does not cover the time between two windows', () => {
    const { aggregator, add } = stream({
      config: { ...CONFIG, lengthSeconds: 86_400, strideSeconds: 86_400 },
    });
    add(line(Date.UTC(1970, 0, 1)), line(Date.UTC(2003, 0, 1)), line(Date.UTC(2106, 0, 1)));
    expect(aggregator.ledger.index.size).toBe(3);
  });
});

describe('the limit of windows', () => {
  it('is refused as soon as the span of the lines is too long for it', () => {
    const { add } = stream({ config: { ...CONFIG, maxWindows: 100 } });
    // 50 windows of two devices; the third device makes it 150.
    add(line(T0), line(T0 + 50 * 5 * MINUTE), line(T0 + MINUTE, 'x', 'ap-2'));
    expect(() => {
      add(line(T0 + MINUTE, 'x', 'ap-3'));
    }).toThrowError(/more than 100 windows \(at least 150\) of 300 s/);
  });
});
