import { describe, expect, it } from 'vitest';
import { plainMemory } from '../../export/core/ingest-memory.js';
import { recordNames } from '../../export/core/name-table.js';
import { ROW, RecordBatch } from '../../export/core/record-batch.js';
import { WindowLineCollector, type LinesOfWindow, type WindowLinesInput } from './window-lines.js';

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const MINUTE = 60_000;

interface Line {
  readonly at: number;
  readonly device?: string;
  readonly program?: string;
  readonly message: string;
  readonly kept?: boolean;
}

type Asked = Pick<WindowLinesInput, 'wanted' | 'limit'> & {
  readonly strideSeconds?: number;
  readonly groupBy?: 'device' | 'all';
  readonly featureSet?: string;
};

function collect(asked: Asked, lines: readonly Line[]): LinesOfWindow[] {
  const names = recordNames();
  const batch = new RecordBatch(plainMemory(), names);
  const { wanted, limit, strideSeconds = 300, groupBy = 'device', featureSet = 'wifi' } = asked;
  const collector = new WindowLineCollector({
    ...{ featureSet, wanted, limit, names },
    decode: (bytes, start, end) => DECODER.decode(bytes.subarray(start, end)),
    window: {
      ...{ lengthSeconds: 300, strideSeconds, groupBy },
      ...{ contextSeconds: 0, timezone: 'UTC', maxWindows: 10 },
    },
  });
  for (const { at, device = 'ap', program = 'hostapd', message, kept = true } of lines) {
    const text = ENCODER.encode(message);
    const start = batch.reserveText(text.length);
    batch.bytes.set(text, start);
    batch.timeMs[0] = at;
    batch.device[0] = names.devices.id(device);
    batch.program[0] = names.programs.id(program);
    batch.messageStart[0] = start;
    batch.messageEnd[0] = start + text.length;
    batch.flags[0] = kept ? ROW.kept : 0;
    batch.count = 1;
    collector.add(batch);
    batch.clear();
  }
  return collector.finish();
}

const messages = ({ lines }: LinesOfWindow): string[] => lines.map(({ message }) => message);

describe('the lines of chosen windows', () => {
  it('are those of the device from the start to just before the end, and only what the filters keep', () => {
    const [window] = collect({ wanted: [{ device: 'ap', startMs: 5 * MINUTE }], limit: 9 }, [
      { at: 5 * MINUTE - 1, message: 'before' },
      { at: 5 * MINUTE, message: 'first' },
      { at: 6 * MINUTE, device: 'other', message: 'elsewhere' },
      { at: 7 * MINUTE, message: 'left out', kept: false },
      { at: 10 * MINUTE - 1, program: '', message: 'last' },
      { at: 10 * MINUTE, message: 'after' },
    ]);
    expect(window).toEqual({
      lineCount: 2,
      lines: [
        { timestamp: '1970-01-01T00:05:00Z', program: 'hostapd', message: 'first' },
        { timestamp: '1970-01-01T00:09:59.999Z', program: null, message: 'last' },
      ],
    });
  });

  it('are the first in time whatever the order of the input, equal times as they came, and all are counted', () => {
    const [window] = collect(
      { wanted: [{ device: 'ap', startMs: 0 }], limit: 3 },
      [40, 30, 20, 20, 50, 10].map((at, i) => ({ at, message: `${at}/${i}` })),
    );
    expect(messages(window)).toEqual(['10/5', '20/2', '20/3']);
    expect(window.lineCount).toBe(6);
  });

  it('are in each of the overlapping windows that cover them', () => {
    const wanted = [0, 1, 2, 3].map((minute) => ({ device: 'ap', startMs: minute * MINUTE }));
    const windows = collect({ wanted, limit: 5, strideSeconds: 60 }, [
      { at: 1.5 * MINUTE, message: 'a' },
      { at: 5.5 * MINUTE, message: 'b' },
    ]);
    expect(windows.map(messages)).toEqual([['a'], ['a', 'b'], ['b'], ['b']]);
  });

  it('of all devices together name theirs', () => {
    const [window] = collect({ wanted: [{ device: '*', startMs: 0 }], limit: 5, groupBy: 'all' }, [
      { at: 1, device: 'a', message: 'x' },
      { at: 2, device: 'b', message: 'y' },
    ]);
    expect(window.lines.map(({ device, message }) => [device, message])).toEqual([
      ['a', 'x'],
      ['b', 'y'],
    ]);
  });

  it('of a set that sees some programs only are the lines of these', () => {
    const asked = { wanted: [{ device: '*', startMs: 0 }], limit: 5, groupBy: 'all' } as const;
    const lines = [
      { at: 1, program: 'dnsmasq', message: 'query' },
      { at: 2, program: 'hostapd', message: 'station' },
    ];
    expect(collect({ ...asked, featureSet: 'agent-dns' }, lines).map(messages)).toEqual([['query']]);
    expect(collect({ ...asked, limit: 0 }, lines)).toEqual([{ lineCount: 2, lines: [] }]);
  });

  it('are cut when they are very long, never inside a character', () => {
    const [window] = collect({ wanted: [{ device: 'ap', startMs: 0 }], limit: 5 }, [
      { at: 1, message: 'x'.repeat(2000) },
      { at: 2, message: `${'x'.repeat(1999)}😀${'y'.repeat(9000)}` },
      { at: 3, message: '漢'.repeat(5000) },
    ]);
    expect(window.lines.map(({ message, truncated }) => [message.length, truncated])).toEqual([
      [2000, undefined],
      [1999, true],
      [2000, true],
    ]);
    expect(window.lines[2].message).toBe('漢'.repeat(2000));
  });
});
