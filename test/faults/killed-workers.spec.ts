import { afterAll, beforeAll, expect, it } from 'vitest';
import { CliSandbox } from '../support/cli.js';
import { shareLoad, type Load } from './share-load.js';

/** `npm run bench:faults` runs the full load, `npm test` enough of it to notice when something breaks. */
const FULL = process.env['FAULTS'] === 'full';
const LOAD: Load = FULL
  ? {
      workers: 3,
      trainings: 60,
      killEveryMs: Number(process.env['FAULTS_KILL_EVERY_MS'] ?? 4_000),
      kills: 1_000,
      seed: 6,
      timeoutMs: 1_500_000,
    }
  : { workers: 2, trainings: 8, killEveryMs: 3_000, kills: 2, seed: 6, timeoutMs: 150_000 };

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.create('killed-workers');
});
afterAll(() => sandbox.cleanUp());

it(
  `${LOAD.workers} workers share ${LOAD.trainings} trainings while one is killed every few seconds: each ends once`,
  async () => {
    const result = await shareLoad(sandbox, LOAD);
    if (FULL) console.log(JSON.stringify({ ...LOAD, ...result }, null, 2));
    const { completed = 0, rejected = 0, failed = 0, ...others } = result.statuses;
    expect(result.violations).toEqual([]);
    expect(others).toEqual({});
    expect(completed + rejected + failed).toBe(LOAD.trainings);
    expect(result.versions).toBe(completed + rejected);
    expect(result.modelsOfOneInput).toBe(1);
    // Only a run that has lost five workers in turn is given up.
    expect(Object.keys(result.failures).filter((code) => code !== 'workers_lost')).toEqual([]);
    expect(result.kills).toBeGreaterThan(0);
  },
  LOAD.timeoutMs + 120_000,
);
