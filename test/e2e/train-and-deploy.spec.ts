import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';
import type { TrainResult } from './documents.js';
import { JULY, writeSampleExport } from './sample-exports.js';

/** A process that knows nothing but the link: it notes every version it leads to, until its input ends. */
const WATCHER = `
const { realpathSync } = require('node:fs');
const seen = [];
const timer = setInterval(() => {
  let now;
  try { now = realpathSync(process.argv[1]); } catch { now = 'nowhere'; }
  if (seen.at(-1) !== now) seen.push(now);
}, 1);
process.stdin.on('end', () => { clearInterval(timer); process.stdout.write(JSON.stringify(seen)); }).resume();
process.stderr.write('watching');
`;

describe('train --deploy', () => {
  let sandbox: CliSandbox;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('train-and-deploy');
  });
  afterAll(async () => sandbox.cleanUp());

  it('does the whole way in one command, and a watcher of the link sees exactly one switch', async () => {
    const june = await writeSampleExport(join(sandbox.exportsDir, 'june.json'));
    const july = await writeSampleExport(join(sandbox.exportsDir, 'july.json'), JULY);
    const first = jsonOf<TrainResult>(await sandbox.run(['train', june, '--deploy', '--json']));
    const link = join(sandbox.dataDir, 'deployed', 'wifi_model_active.joblib');
    const versionOf = (version: string): string => `wifi_model_${version}.joblib`;
    expect(basename(realpathSync(link))).toBe(versionOf(first.version));

    const watcher = spawn(process.execPath, ['-e', WATCHER, link], { stdio: 'pipe' });
    const output = new Promise<string>((resolve) => {
      let text = '';
      watcher.stdout
        .on('data', (chunk: Buffer) => (text += chunk.toString()))
        .on('end', () => {
          resolve(text);
        });
    });
    await new Promise((resolve) => watcher.stderr.once('data', resolve));
    const second = jsonOf<TrainResult>(await sandbox.run(['train', july, '--deploy', '--json']));
    watcher.stdin.end();
    const seen = (JSON.parse(await output) as string[]).map((path) => basename(path));
    expect(seen).toEqual([versionOf(first.version), versionOf(second.version)]);
  });
});
