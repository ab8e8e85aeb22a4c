import { describe, expect, it } from 'vitest';
import { AppError } from '../../../shared/errors.js';
import { labelWarnings, originOfFile } from './label-coverage.js';
import { parseLabels } from './labels-file.js';

const ENTRY = {
  device_id: 1,
  device: '192.168.10.10',
  device_type: 'openwrt',
  start: '2025-06-02T14:08:11',
  end: '2025-06-02T14:28:14',
  kind: 'evil_twin',
  is_anomaly: 1,
  intensity: 'medium',
};

const EPISODE = {
  devices: ['1', '192.168.10.10'],
  startMs: Date.UTC(2025, 5, 2, 14, 8, 11),
  endMs: Date.UTC(2025, 5, 2, 14, 28, 14),
  kind: 'evil_twin',
  isAnomaly: true,
};

const json = (...entries: unknown[]): string => JSON.stringify({ seed: 1, episodes: entries });

function refusal(text: string): AppError {
  try {
    parseLabels('labels.json', text);
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('The labels were accepted.');
}

describe('a labels file', () => {
  it('is read as JSON of the generator, as a bare list, and as CSV, to the same episodes', () => {
    const csv = `${Object.keys(ENTRY).join(',')}\n${Object.values(ENTRY).join(',')}\n`;
    expect(parseLabels('a', json(ENTRY))).toEqual([EPISODE]);
    expect(parseLabels('a', JSON.stringify([ENTRY]))).toEqual([EPISODE]);
    expect(parseLabels('a', csv)).toEqual([EPISODE]);
    expect(parseLabels('a', `\uFEFF${csv.replaceAll(',', ';').replaceAll('\n', '\r\n')}`)).toEqual([EPISODE]);
  });

  it('may hold quoted cells, line breaks in them, and blank lines', () => {
    const csv = 'device,start,end,kind\n\n"ap ""1"", attic",2025-06-02T14:08:11,2025-06-02T14:28:14,"a\nb"\n';
    expect(parseLabels('a', csv)).toMatchObject([{ devices: ['ap "1", attic'], kind: 'a\nb' }]);
  });

  it('takes the zone of a time, and UTC where there is none', () => {
    const zoned = { ...ENTRY, start: '2025-06-02T16:08:11+02:00', end: '2025-06-02T14:28:14Z' };
    expect(parseLabels('a', json(zoned))).toEqual([EPISODE]);
  });

  it('takes an entry for an anomaly of no named kind unless it says otherwise', () => {
    const { device_id, start, end } = ENTRY;
    expect(parseLabels('a', json({ device_id, start, end }))).toMatchObject([
      { devices: ['1'], kind: 'unnamed', isAnomaly: true },
    ]);
    for (const benign of [0, false, '0', 'False'])
      expect(parseLabels('a', json({ ...ENTRY, is_anomaly: benign }))).toMatchObject([{ isAnomaly: false }]);
  });

  it('is refused with the entry, the key, what was found and what was expected, every one of them', () => {
    const wrong = { ...ENTRY, start: 'yesterday', is_anomaly: 'maybe' };
    const error = refusal(json(ENTRY, wrong, { ...ENTRY, end: '2025-06-02T14:08:10' }));
    expect(error.code).toBe('validation_failed');
    expect(error.message).toContain('episode 2, key "start": found "yesterday", expected a time');
    expect(error.problems.map(({ pointer }) => pointer)).toEqual([
      '/episodes/1/start',
      '/episodes/1/is_anomaly',
      '/episodes/2/end',
    ]);
  });

  it.each([
    [json({ ...ENTRY, device_id: undefined, device: undefined }), 'key "device": found nothing'],
    [json({ ...ENTRY, device_id: {} }), 'key "device_id": found {}'],
    [json({ ...ENTRY, kind: 7 }), 'key "kind": found 7'],
    [json({ ...ENTRY, end: null }), 'key "end": found null'],
    [json('flood'), 'episode 1 is "flood", expected an object'],
    ['{"labels": []}', 'key "episodes" is missing'],
    ['{"episodes": [', 'not valid JSON'],
    ['  \n', 'it is empty'],
    ['device,kind\n1,a\n', 'line 1 has no column start, end'],
    ['start,end\n1,2\n', 'no column device (or device_id)'],
    ['device,start,end\nap,2025-06-02T14:08:11\n', 'line 2 has 2 cells, expected 3'],
    ['device,start,end\n\nap,x,2025-06-02T14:08:11\n', 'line 3, key "start"'],
  ])('is refused: %s', (text, message) => {
    expect(refusal(text).message).toContain(message);
  });

  it('without an episode says that nothing happened', () => {
    expect(parseLabels('a', '{"episodes": []}')).toEqual([]);
  });
});

describe('labels and the devices of an export', () => {
  const file = (episodes: ReturnType<typeof parseLabels>) => ({
    name: 'l',
    bytes: 1,
    sha256: 'ab',
    episodes,
  });
  const labels = file(
    parseLabels('l', json(ENTRY, { ...ENTRY, device_id: 9, device: 'attic', is_anomaly: 0 })),
  );

  it('names the devices that no window has, by the name people use', () => {
    const origin = originOfFile(labels, ['1', '2']);
    expect(origin).toMatchObject({ entries: 2, benign_entries: 1, unknown_devices: ['attic'] });
    expect(labelWarnings(origin)[0]).toContain('devices that are not in the export: attic.');
  });

  it('finds a device by either of its names, and every device among pooled windows', () => {
    expect(originOfFile(labels, ['192.168.10.10', 'attic']).unknown_devices).toEqual([]);
    expect(labelWarnings(originOfFile(labels, ['*']))).toEqual([]);
  });
});
