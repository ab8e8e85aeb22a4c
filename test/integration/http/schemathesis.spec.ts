import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApplication, type TestApplication } from '../../support/application.js';
import { listen } from '../../support/http.js';
import { asJson, sampleRows } from '../../support/sample-files.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const program = process.env.MCP_TRAINING_SCHEMATHESIS ?? 'schemathesis';
const hasSchemathesis = spawnSync(program, ['--version']).status === 0;
if (!hasSchemathesis) {
  console.warn(
    `SKIPPED: '${program}' does not run, so nobody else than us has fuzzed the API. Set MCP_TRAINING_SCHEMATHESIS to one.`,
  );
}

const KEY = 'k7Qm2vXw9ZtB4nHs6RdL';
const SEED = '20261121';
/** `SCHEMATHESIS_SECONDS` searches longer. */
const SECONDS = process.env.SCHEMATHESIS_SECONDS ?? '40';
/** What a description can promise. Whether data are accepted depends on more than their schema (files, states, dates). */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'ignored_auth',
];

describe.skipIf(!hasSchemathesis)('schemathesis on the OpenAPI document', () => {
  const directory = temporaryDirectory('schemathesis');
  let application: TestApplication;
  let port = 0;

  beforeAll(async () => {
    application = await startApplication('schemathesis', directory, {
      apiKey: KEY,
      env: { TRAINING_API_RATE_LIMIT: '0' },
    });
    port = await listen(application);
    writeFileSync(join(directory, 'exports', 'june.json'), asJson(sampleRows(400)));
  });
  afterAll(() => application.close());

  it(
    'finds no server error and nothing that the document does not say',
    async () => {
      const child = spawn(
        program,
        [
          ...['run', `http://127.0.0.1:${port}/api/openapi.json`, '--header', `Authorization: Bearer ${KEY}`],
          ...['--checks', CHECKS.join(','), '--phases', 'examples,coverage,fuzzing'],
          ...['--max-examples', '5', '--seed', SEED, '--generation-database', 'none', '--max-time', SECONDS],
          ...['--request-timeout', '20', '--suppress-health-check', 'all', '--no-color', '--warnings', 'off'],
          // Its events end with the run, and this one waits.
          ...['--exclude-operation-id', 'streamTrainingEvents'],
        ],
        { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
      const [code] = (await once(child, 'close')) as [number];
      process.stderr.write(`schemathesis: ${/\d+ generated.*/.exec(printed)?.[0] ?? ''}\n`);
      expect(code, printed.slice(-8000)).toBe(0);
    },
    (Number(SECONDS) + 60) * 1000,
  );
});
