import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { hostIdentity } from '../../../src/platform/process-identity.js';
import { ArtifactStore, type StagedVersion } from '../../../src/registry/artifact-store.js';
import { AppError } from '../../../src/shared/errors.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';

const free = () => Promise.resolve(false);
const root = temporaryDirectory('store');
let count = 0;
let directory = '';
let store: ArtifactStore;

beforeEach(() => {
  count++;
  directory = join(root, `models-${count}`);
  store = new ArtifactStore(directory);
});

async function commit(staged: StagedVersion, text = 'data'): Promise<string> {
  await staged.write('model.joblib', text);
  await staged.commit();
  return staged.version;
}

/** Id of a process that has ended. */
function deadPid(): number {
  return Number(execFileSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' }));
}

function stagingOf(version: string, owner: string | null): string {
  const path = join(directory, `.tmp-${version}`);
  mkdirSync(path, { recursive: true });
  if (owner !== null) writeFileSync(join(path, '.owner.json'), owner);
  return path;
}

describe('stage', () => {
  it('gives 20 calls at the same time 20 names', async () => {
    const names = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => commit(await store.stage('20240101_120000', free), `${i}`)),
    );
    const expected = Array.from({ length: 20 }, (_, i) => `20240101_120000${i === 0 ? '' : `_${i + 1}`}`);
    expect(names.toSorted()).toEqual(expected.toSorted());
    expect(store.list()).toEqual(expected.toSorted());
    const contents = names.map((name) => store.read(name, 'model.joblib').toString());
    expect(new Set(contents).size).toBe(20);
  });

  it('skips a name that only the registry knows', async () => {
    const staged = await store.stage('v', (version) => Promise.resolve(version === 'v'));
    expect(staged.version).toBe('v_2');
    expect(readdirSync(directory)).toEqual(['.tmp-v_2']);
  });

  it('takes the same name again after a discard', async () => {
    const first = await store.stage('v', free);
    await first.write('model.joblib', 'half');
    first.discard();
    expect(readdirSync(directory)).toEqual([]);
    expect((await store.stage('v', free)).version).toBe('v');
  });

  it('leaves nothing behind when the registry cannot be asked', async () => {
    const error = await rejection(() => store.stage('v', () => Promise.reject(new Error('database away'))));
    expect(error.message).toBe('database away');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('names the directory when it cannot be made', async () => {
    writeFileSync(directory, 'a file in the way');
    const error = await rejection(() => store.stage('v', free));
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toContain(directory);
  });
});

describe('a version', () => {
  it('is not there before commit and whole after it', async () => {
    const staged = await store.stage('v', free);
    await staged.write('model.joblib', 'abc');
    expect(store.has('v')).toBe(false);
    expect(store.list()).toEqual([]);
    await staged.commit();
    expect(store.list()).toEqual(['v']);
    expect(store.isUnregistered('v')).toBe(true);
    await staged.release();
    expect(store.isUnregistered('v')).toBe(false);
    expect(readdirSync(join(directory, 'v'))).toEqual(['model.joblib']);
    // SHA-256 of "abc", FIPS 180-2 appendix B.1.
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(staged.written).toEqual({ 'model.joblib': abc });
    expect(store.hash('v', 'model.joblib')).toBe(abc);
  });

  it('is absent when a write fails', async () => {
    const staged = await store.stage('v', free);
    await staged.write('model.joblib', 'abc');
    mkdirSync(join(directory, '.tmp-v', 'scaler.joblib'));
    await expect(staged.write('scaler.joblib', 'never')).rejects.toThrow(AppError);
    staged.discard();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is removed as a whole', async () => {
    const version = await commit(await store.stage('v', free));
    store.remove(version);
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(['../etc', 'a/b', '', '.hidden', 'a..b', 'x'.repeat(65), 'v 1', '１'])(
    'is never looked up as %j',
    async (name) => {
      expect(store.has(name)).toBe(false);
      expect(await rejection(() => store.path(name))).toMatchObject({ code: 'not_found' });
      expect(await rejection(() => store.read(name, 'model.joblib'))).toMatchObject({ code: 'not_found' });
    },
  );

  it('has no hash for a file that is missing or a directory', async () => {
    const version = await commit(await store.stage('v', free));
    mkdirSync(join(directory, version, 'scaler.joblib'));
    expect(store.hash(version, 'forest.bin')).toBeNull();
    expect(store.hash(version, 'scaler.joblib')).toBeNull();
  });

  it('with broken JSON is an integrity problem that names file and version', async () => {
    const version = await commit(await store.stage('v', free), '{"half":');
    const broken = await rejection(() => store.readJson(version, 'model.joblib'));
    expect(broken).toMatchObject({ code: 'artifact_integrity' });
    expect(broken.message).toContain('model.joblib of model v');
    expect(await rejection(() => store.readJson(version, 'metadata.json'))).toMatchObject({
      code: 'artifact_integrity',
    });
  });
});

describe('removeAbandonedStaging', () => {
  const owner = (pid: number, host = hostIdentity()) => JSON.stringify({ host, pid });
  const now = Date.now();
  const age = (path: string, seconds: number): void => {
    utimesSync(path, now / 1000 - seconds, now / 1000 - seconds);
  };

  it('takes what a dead process of this machine left', () => {
    const path = stagingOf('dead', owner(deadPid()));
    expect(store.removeAbandonedStaging(now)).toEqual(['.tmp-dead']);
    expect(existsSync(path)).toBe(false);
  });

  it('keeps what a living process is writing, however long it takes', async () => {
    const staged = await store.stage('alive', free);
    age(join(directory, '.tmp-alive'), 3 * 86_400);
    expect(store.removeAbandonedStaging(now)).toEqual([]);
    expect(await commit(staged)).toBe('alive');
  });

  it('keeps what another host writes for a day', () => {
    const path = stagingOf('elsewhere', owner(1, 'another-host'));
    age(path, 3600);
    expect(store.removeAbandonedStaging(now)).toEqual([]);
    age(path, 25 * 3600);
    expect(store.removeAbandonedStaging(now)).toEqual(['.tmp-elsewhere']);
  });

  it('keeps a directory without an owner for a minute', () => {
    const path = stagingOf('new', null);
    expect(store.removeAbandonedStaging(now)).toEqual([]);
    age(path, 120);
    expect(store.removeAbandonedStaging(now)).toEqual(['.tmp-new']);
  });

  it('never touches a version', async () => {
    const version = await commit(await store.stage('v', free));
    age(join(directory, version), 365 * 86_400);
    rmSync(join(directory, 'none'), { force: true });
    expect(store.removeAbandonedStaging(now)).toEqual([]);
    expect(readFileSync(join(directory, version, 'model.joblib'), 'utf8')).toBe('data');
  });
});
