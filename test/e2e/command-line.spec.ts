import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';

const ROOT = join(import.meta.dirname, '../..');
const UNREACHABLE = 'postgresql://operator:hunter2@127.0.0.1:1/training';

describe('the command line before any work', () => {
  let sandbox: CliSandbox;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('command-line');
  });
  afterAll(async () => sandbox.cleanUp());

  it('--help answers at once, whatever the environment says, and touches nothing', async () => {
    const result = await sandbox.run(['--help'], {
      env: { DATABASE_URL: 'not a url', TRAINING_DATA_DIR: '/proc/none', TRAINING_API_PORT: 'x' },
    });
    console.info(`--help took ${Math.round(result.durationMs)} ms`);
    expect(result.code).toBe(0);
    expect(result.stderr).toBe('');
    for (const verb of ['train', 'validate', 'list-models', 'deploy', 'score', 'serve', 'doctor']) {
      expect(result.stdout).toMatch(new RegExp(`^  ${verb}\\b`, 'm'));
    }
    expect(readdirSync(sandbox.directory)).toEqual(['exports']);
  });

  it('--help loads neither Nest nor the ORM, which a verb that needs them does', async () => {
    const list = sandbox.path('resolved.txt');
    writeFileSync(
      sandbox.path('hooks.mjs'),
      `import { appendFileSync } from 'node:fs';
       export async function resolve(specifier, context, next) {
         const found = await next(specifier, context);
         appendFileSync(${JSON.stringify(list)}, found.url + '\\n');
         return found;
       }`,
    );
    writeFileSync(
      sandbox.path('register.mjs'),
      `import { register } from 'node:module';\nregister('./hooks.mjs', import.meta.url);`,
    );
    const loadedBy = async (args: string[]): Promise<string[]> => {
      writeFileSync(list, '');
      const result = await sandbox.run(args, {
        env: { NODE_OPTIONS: `--import ${sandbox.path('register.mjs')}` },
      });
      expect(result.code, result.stderr).toBe(0);
      return readFileSync(list, 'utf8').split('\n');
    };
    // Packages are joined into the files of the bundle, which name the modules they hold.
    const holds = (urls: readonly string[], packages: RegExp): boolean =>
      urls.some((url) => url.startsWith('file:') && packages.test(url + readFileSync(new URL(url), 'utf8')));
    const heavy = /(node_modules\/|packages:)(@nestjs|typeorm|pg)\b/;
    const forHelp = await loadedBy(['--help']);
    expect(holds(forHelp, /node_modules\/commander\//)).toBe(true);
    expect(holds(forHelp, heavy)).toBe(false);
    expect(holds(await loadedBy(['list-models']), heavy)).toBe(true);
  });

  it('V8 takes the code cache of the packages, and a V8 that cannot take it compiles them', async () => {
    const rejected = (...flags: string[]): string =>
      execFileSync(
        process.execPath,
        [...flags, '-p', "require('./packages.cjs').script.cachedDataRejected"],
        { cwd: join(ROOT, 'dist/bundle'), encoding: 'utf8' },
      ).trim();
    const program =
      "import { ENGINE_OPTIONS } from './bin/engine-options.mjs'; console.log(ENGINE_OPTIONS.join(' '));";
    const args = ['--input-type=module', '-e', program];
    const options = execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }).trim().split(' ');
    expect(rejected(...options)).toBe('false');
    expect(rejected(...options, '--jitless')).toBe('true');
    const result = await sandbox.run(['list-models', '--json'], { env: { NODE_OPTIONS: '--jitless' } });
    expect(result.code, result.stderr).toBe(0);
    jsonOf(result);
  });

  it('--version prints the version of the package', async () => {
    const result = await sandbox.run(['--version']);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(result.stdout.trim()).toBe(version);
  });

  it('every verb explains its options', async () => {
    const { stdout } = await sandbox.run(['--help']);
    const verbs = [...stdout.matchAll(/^ {2}([a-z][a-z-]+) (?:\[|<| {2,})/gm)].map(([, verb]) => verb);
    expect(verbs.length).toBeGreaterThan(8);
    for (const verb of ['train', 'deploy']) {
      const help = await sandbox.run([verb, '--help']);
      expect(help.code).toBe(0);
      expect(help.stdout).toContain(`mcp-training ${verb}`);
    }
  });

  it('config print shows the resolved values and no password', async () => {
    const result = await sandbox.run(['config', 'print'], {
      env: { DATABASE_URL: UNREACHABLE, TRAINING_API_KEY: 'a-key-that-nobody-may-see' },
    });
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain('operator');
    expect(result.stdout).toMatch(/contamination: 0\.01/);
    expect(result.stdout + result.stderr).not.toMatch(/hunter2|nobody-may-see/);
    const json = await sandbox.run(['config', 'print', '--json'], { env: { DATABASE_URL: UNREACHABLE } });
    expect(json.stdout).not.toContain('hunter2');
    jsonOf(json);
  });

  it('config check reports every problem of file and environment together', async () => {
    expect((await sandbox.run(['config', 'check'])).code).toBe(0);
    const file = sandbox.path('two-problems.yaml');
    writeFileSync(file, 'model:\n  contamination: 7\nmodell: {}\n');
    const result = await sandbox.run(['config', 'check', '-c', file], { env: { TRAINING_API_PORT: 'high' } });
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/model\.contamination/);
    expect(result.stderr).toMatch(/modell.*model/);
    expect(result.stderr).toMatch(/TRAINING_API_PORT/);
  });

  it('a database that is not there is a clear failure without password and stack', async () => {
    const result = await sandbox.run(['list-models'], {
      env: { DATABASE_URL: UNREACHABLE },
      timeoutMs: 40_000,
    });
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/PostgreSQL cannot be reached/);
    expect(result.stderr).toMatch(/DATABASE_URL/);
    expect(result.stderr).not.toMatch(/hunter2|\n\s+at .*:\d+:\d+/);
  });

  it('validate needs no database', async () => {
    writeFileSync(
      sandbox.path('one.json'),
      '{"logs":[{"timestamp":"2025-06-01T00:00:00Z","message":"x","device_id":1}]}',
    );
    const result = await sandbox.run(['validate', 'one.json'], { env: { DATABASE_URL: UNREACHABLE } });
    expect(result.code).toBe(3);
    expect(result.stdout).toMatch(/288/);
  });

  it('a reader that goes away early is no crash', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'bin/mcp-training.mjs'), '--help'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = (await once(child, 'close')) as [number];
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('list-models on a new installation is an empty list, and doctor has nothing to say', async () => {
    const listed = await sandbox.run(['list-models', '--json']);
    expect(listed.code, listed.stderr).toBe(0);
    expect(jsonOf(listed)).toMatchObject({ items: [] });
    const doctor = await sandbox.run(['doctor']);
    expect(doctor.code, doctor.stderr).toBe(0);
  });
});
