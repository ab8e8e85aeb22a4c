import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';
import { asTable, labelledTable, withoutColumn } from '../support/table-files.js';
import type { ScoreResult, TrainResult } from './documents.js';

describe('feature tables on the command line', () => {
  const table = labelledTable();
  const labelled = ['labelled.csv', '--input', 'features', '--label-column', 'label'];
  let sandbox: CliSandbox;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('feature-tables');
    writeFileSync(sandbox.path('labelled.csv'), asTable(table));
  });
  afterAll(async () => sandbox.cleanUp());

  it('are validated', async () => {
    const result = await sandbox.run(['validate', ...labelled, '--json']);
    expect(result.code, result.stderr).toBe(0);
    expect(jsonOf(result)).toMatchObject({
      is_valid: true,
      stats: { row_count: 800, column_count: 4, labels: { normal: 760, anomalous: 40 } },
    });
    const text = await sandbox.run(['validate', ...labelled]);
    expect(text.stdout).toContain('760 normal, 40 anomalous (column label)');
    expect(text.stdout).toContain('A model can be trained on it.');
  });

  it('are trained, also from standard input, deployed and scored', async () => {
    const piped = ['-', ...labelled.slice(1), '--model', 'machines', '--deploy', '--json'];
    const training = await sandbox.run(['train', ...piped], { input: asTable(table) });
    expect(training.code, training.stderr).toBe(0);
    const trained = jsonOf<TrainResult>(training);
    expect(trained).toMatchObject({ feature_set: 'table', model_status: 'deployed', training_samples: 560 });

    const scoring = await sandbox.run(['score', 'labelled.csv', '--model', 'machines', '--json']);
    expect(scoring.code, scoring.stderr).toBe(0);
    const scored = jsonOf<ScoreResult>(scoring);
    expect(scored.version).toBe(trained.version);
    expect(scored.windows.length).toBe(800);
    expect(scoring.stderr).toContain('Columns that the model does not know were left out: label.');
    const text = await sandbox.run(['score', 'labelled.csv', '--model', 'machines']);
    expect(text.stdout).toMatch(/device +start +end +score +row/);
  });

  it.each([
    ['a label column without a table', ['train', 'labelled.csv', '--label-column', 'label'], 2],
    ['a filter by program', ['train', ...labelled, '--programs', 'hostapd'], 2],
    ['a feature set', ['validate', ...labelled, '--feature-set', 'system'], 2],
    ['an input nobody knows', ['train', 'labelled.csv', '--input', 'parquet'], 2],
    [
      'a column that is not there',
      ['validate', 'labelled.csv', '--input', 'features', '--label-column', 'y'],
      3,
    ],
  ])('with %s are refused', async (_, args, code) => {
    const result = await sandbox.run(args);
    expect(result.code, result.stderr).toBe(code);
  });

  it('with too few rows or with text are refused, and say where', async () => {
    writeFileSync(sandbox.path('few.csv'), asTable({ ...table, rows: table.rows.slice(0, 100) }));
    const few = await sandbox.run(['validate', 'few.csv', '--input', 'features']);
    expect(few.code).toBe(3);
    expect(few.stdout).toContain('100 rows, at least 288 are needed; 188 are missing');
    const plain = withoutColumn(table, 'label');
    const rows = plain.rows.map((row, i) => (i === 41 ? ['n/a', ...row.slice(1)] : row));
    writeFileSync(sandbox.path('text.csv'), asTable({ ...plain, rows }));
    const text = await sandbox.run(['train', 'text.csv', '--input', 'features']);
    expect(text.code).toBe(3);
    expect(text.stderr).toContain('text.csv: row 42, column "temperature": "n/a" is not a number.');
  });
});
