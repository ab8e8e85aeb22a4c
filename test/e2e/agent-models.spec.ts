import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSample } from '../../src/export/core/sample-export.js';
import { renderSample } from '../../src/export/core/sample-writer.js';
import { aggregate, FIVE_MINUTES, logRecord } from '../support/agent-windows.js';
import { attributes, float64Values, unpickle } from '../support/mini-unpickler.js';
import { CliSandbox, jsonOf } from '../support/cli.js';
import { pickledLabels } from '../support/pickled-forest.js';

interface Scores {
  readonly windows: { device: string; start: string; is_anomaly: boolean; log_count: number }[];
}

const SAMPLE = {
  ...{ entries: 60_000, days: 8, devices: 6, seed: 9, anomalies: true },
  startMs: Date.UTC(2025, 5, 1),
} as const;

const python = process.env.MCP_TRAINING_PYTHON ?? 'python3';
const SUPPORT = join(import.meta.dirname, '../support');

/** The agent's side: its own extraction from the rows, then nothing but `predict` of the deployed pickle. */
const AGENT = `
import json, sys, warnings
warnings.simplefilter('error')
sys.path.insert(0, sys.argv[1])
from agent_extract import windows
task = json.load(sys.stdin)
vectors = list(windows(task))
answer = {'vectors': vectors}
if task.get('model'):
    import joblib, numpy as np
    full = [i for i, v in enumerate(vectors) if len(v) == task['columns']]
    x = np.array([vectors[i] for i in full], dtype=float)
    model = joblib.load(task['model'])
    answer['full'] = full
    answer['labels'] = model.predict(x).tolist()
    answer['scaled_labels'] = model.predict(joblib.load(task['scaler']).transform(x)).tolist()
json.dump(answer, sys.stdout)
`;

interface AgentAnswer {
  readonly vectors: number[][];
  readonly full: number[];
  readonly labels: number[];
  readonly scaled_labels: number[];
}

const version = (module: string): string | undefined => {
  try {
    const script = `import ${module}; print(getattr(${module}, '__version__', 'yes'))`;
    return execFileSync(python, ['-B', '-c', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
};
const hasPython = version('json') !== undefined;
const sklearn = version('joblib') === undefined ? undefined : version('sklearn');
if (!hasPython)
  console.warn(`SKIPPED: '${python}' does not run, no second extraction of the agents' numbers.`);
if (sklearn === undefined) {
  console.warn(
    `SKIPPED: '${python}' cannot import sklearn and joblib, no real agent has asked a deployed model.`,
  );
}

describe.each([
  ['agent-wifi', 'wifi', true],
  ['agent-generic', 'wifi', false],
] as const)('a deployed %s model', (set, agent, programKey) => {
  let sandbox: CliSandbox;
  let scores: Scores;
  const lines = [...generateSample(SAMPLE)];
  const table = aggregate(
    set,
    lines.map(({ timestampMs, program, message, device }) =>
      logRecord(timestampMs, [program, message, String(device.id)]),
    ),
    FIVE_MINUTES,
  );
  const columns = table.featureNames.length;
  const vectors = Array.from(table.startMs, (_, row) => [
    ...table.values.subarray(row * columns, (row + 1) * columns),
  ]);
  const file = (kind: string): string => join(sandbox.dataDir, 'deployed', `${set}_${kind}_active.joblib`);
  const ask = (extra: object): AgentAnswer => {
    const rows = lines.map(({ timestampMs, program, message }) => [timestampMs, program, message]);
    const task = { agent, program_key: programKey, starts: [...table.startMs], length_ms: 300_000, rows };
    const input = JSON.stringify({ ...task, ...extra });
    const options = { encoding: 'utf8', input, maxBuffer: 256 * 1024 * 1024 } as const;
    return JSON.parse(execFileSync(python, ['-B', '-c', AGENT, SUPPORT], options)) as AgentAnswer;
  };

  beforeAll(async () => {
    sandbox = await CliSandbox.create(set.replace('-', '_'));
    const path = join(sandbox.exportsDir, 'june.json');
    const format = {
      format: 'json-logs',
      totalRecords: SAMPLE.entries,
      createdAt: '2025-08-01T00:00:00Z',
    } as const;
    writeFileSync(path, [...renderSample(generateSample(SAMPLE), format)].join(''));
    const storage = sklearn === undefined ? {} : { storage: { sklearn_version: sklearn } };
    const train = ['train', path, '--feature-set', set, '--model', set, '--deploy', '--json'];
    const trained = await sandbox.run([...train, '--config-overrides', JSON.stringify(storage)]);
    expect(trained.code, trained.stdout + trained.stderr).toBe(0);
    scores = jsonOf<Scores>(await sandbox.run(['score', path, '--model', set, '--json']));
  });
  afterAll(async () => sandbox.cleanUp());

  it('scores the windows of all devices together', () => {
    expect(scores.windows.map(({ start }) => Date.parse(start))).toEqual([...table.startMs]);
    expect(scores.windows.map(({ log_count }) => log_count)).toEqual([...table.logCount]);
    expect(new Set(scores.windows.map(({ device }) => device))).toEqual(new Set(['*']));
    const flagged = scores.windows.filter(({ is_anomaly }) => is_anomaly).length;
    expect(flagged).toBeGreaterThan(3);
    expect(flagged).toBeLessThan(scores.windows.length / 4);
  });

  it('gets the same labels from the pickle on raw numbers, without the scaler', () => {
    const labels = pickledLabels(readFileSync(file('model')), vectors);
    expect(labels).toEqual(scores.windows.map(({ is_anomaly }) => (is_anomaly ? -1 : 1)));
    const scaler = attributes(unpickle(readFileSync(file('scaler'))).value);
    const everyColumn = (value: number): number[] => new Array<number>(columns).fill(value);
    expect(float64Values(scaler.get('mean_'))).toEqual(everyColumn(0));
    expect(float64Values(scaler.get('var_'))).toEqual(everyColumn(1));
    expect(float64Values(scaler.get('scale_'))).toEqual(everyColumn(1));
  });

  it.skipIf(!hasPython)('is asked about the numbers that the rules give in Python', () => {
    ask({}).vectors.forEach((vector, row) => {
      // A window without rows: the agent takes the generic branch.
      if (table.logCount[row] === 0) expect(vectors[row].every((value) => value === 0)).toBe(true);
      else expect(vector).toEqual(vectors[row]);
    });
  });

  it.skipIf(sklearn === undefined)('gets the same labels from an agent with scikit-learn', () => {
    const answer = ask({ model: file('model'), scaler: file('scaler'), columns });
    expect(answer.full.length).toBeGreaterThan(288);
    const ours = answer.full.map((row) => (scores.windows[row].is_anomaly ? -1 : 1));
    expect(answer.labels).toEqual(ours);
    expect(answer.scaled_labels).toEqual(ours);
  });
});
