import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { agentMetadata } from '../../../src/deployment/core/symlink-layout.js';
import type { Delivery } from '../../../src/deployment/layouts/deployment-layout.js';
import { symlinkLayout } from '../../../src/deployment/layouts/symlink-layout.js';
import { DirectoryStore } from '../../../src/deployment/stores/directory-store.js';
import { sha256Hex } from '../../../src/shared/digest.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';

const root = temporaryDirectory('symlink');
let directory = '';
let store: DirectoryStore;
let count = 0;

beforeEach(() => {
  directory = join(root, `target-${++count}`);
  store = new DirectoryStore(directory);
});

function delivery(version: string, modelName = 'wifi'): Delivery {
  const model = Buffer.concat([Buffer.from(`${version}\n`), randomBytes(20_000)]);
  const scaler = Buffer.from(`scaler of ${version}`);
  const metadata = agentMetadata({
    modelName,
    version,
    trainedAt: '2024-01-01T12:00:00Z',
    trainingDataSource: 'export.json',
    trainingLogCount: 10,
    hyperparameters: {},
    featureNames: ['log_count'],
    featureSpecHash: 'cafe',
    offset: -0.5,
    modelSha256: sha256Hex(model),
    scalerSha256: sha256Hex(scaler),
  });
  return {
    modelName,
    version,
    files: { 'model.joblib': model, 'scaler.joblib': scaler },
    agentMetadata: Buffer.from(JSON.stringify(metadata)),
    buildPackage: () => Promise.reject(new Error('not a package')),
  };
}

async function deploy(version: string, modelName = 'wifi'): Promise<Delivery> {
  const files = delivery(version, modelName);
  await symlinkLayout.prepare(store, files);
  await symlinkLayout.activate(store, modelName, version);
  return files;
}

const activeModel = () => readFileSync(join(directory, 'wifi_model_active.joblib'));
const temporaries = () =>
  readdirSync(directory, { recursive: true }).filter((name) => String(name).includes('.tmp-'));

describe('the symlink layout', () => {
  it('has the names of the seeds, all through one directory link', async () => {
    const { files } = await deploy('20240101_120000');
    expect(readdirSync(directory).sort()).toEqual([
      '.wifi_active',
      '.wifi_releases',
      'wifi_metadata_20240101_120000.json',
      'wifi_metadata_active.json',
      'wifi_model_20240101_120000.joblib',
      'wifi_model_active.joblib',
      'wifi_scaler_20240101_120000.joblib',
      'wifi_scaler_active.joblib',
    ]);
    expect(readlinkSync(join(directory, 'wifi_model_active.joblib'))).toBe('.wifi_active/model.joblib');
    expect(readlinkSync(join(directory, 'wifi_metadata_active.json'))).toBe('.wifi_active/metadata.json');
    expect(readlinkSync(join(directory, '.wifi_active'))).toBe('.wifi_releases/20240101_120000');
    expect(lstatSync(join(directory, 'wifi_model_20240101_120000.joblib')).isFile()).toBe(true);
    expect(activeModel().equals(files['model.joblib'])).toBe(true);
    expect(await symlinkLayout.activeVersion(store, 'wifi')).toBe('20240101_120000');
  });

  it('still leads to the files when the whole directory is moved', async () => {
    const { files } = await deploy('v1');
    const moved = `${directory}-moved`;
    renameSync(directory, moved);
    expect(readFileSync(join(moved, 'wifi_model_active.joblib')).equals(files['model.joblib'])).toBe(true);
    expect(realpathSync(join(moved, 'wifi_model_active.joblib'))).toBe(
      join(realpathSync(moved), 'wifi_model_v1.joblib'),
    );
  });

  it('changes nothing for readers until it is activated', async () => {
    const first = await deploy('v1');
    await symlinkLayout.prepare(store, delivery('v2'));
    expect(activeModel().equals(first.files['model.joblib'])).toBe(true);
    expect(await symlinkLayout.activeVersion(store, 'wifi')).toBe('v1');
  });

  it('keeps two models apart', async () => {
    await deploy('v1');
    await deploy('v2', 'guest');
    expect(await symlinkLayout.activeVersion(store, 'wifi')).toBe('v1');
    expect(await symlinkLayout.activeVersion(store, 'guest')).toBe('v2');
  });

  it('has no active version before the first activation', async () => {
    expect(await symlinkLayout.activeVersion(store, 'wifi')).toBeNull();
    await symlinkLayout.prepare(store, delivery('v1'));
    expect(await symlinkLayout.activeVersion(store, 'wifi')).toBeNull();
    expect(existsSync(join(directory, 'wifi_model_active.joblib'))).toBe(false);
  });

  it('repairs a version whose file was damaged when it is prepared again', async () => {
    const files = await deploy('v1');
    writeFileSync(join(directory, 'wifi_model_v1.joblib'), 'damaged');
    await symlinkLayout.prepare(store, files);
    expect(activeModel().equals(files.files['model.joblib'])).toBe(true);
  });

  it('takes over from links and files that something else put there', async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'wifi_model_active.joblib'), 'a copy from before');
    const { files } = await deploy('v1');
    expect(activeModel().equals(files['model.joblib'])).toBe(true);
  });

  it('knows which versions it holds', async () => {
    await deploy('v1');
    expect(await symlinkLayout.holds(store, 'wifi', 'v1')).toBe(true);
    expect(await symlinkLayout.holds(store, 'wifi', 'v2')).toBe(false);
    rmSync(join(directory, 'wifi_scaler_v1.joblib'));
    expect(await symlinkLayout.holds(store, 'wifi', 'v1')).toBe(false);
  });

  describe('when a delivery fails, the active version stays', () => {
    it.each([
      ['a directory stands where the model belongs', 'wifi_model_v2.joblib', 'directory'],
      ['a directory stands where the metadata belong', 'wifi_metadata_v2.json', 'directory'],
      ['a file stands where the release belongs', '.wifi_releases/v2', 'file'],
    ])('%s', async (_case, name, kind) => {
      const { files } = await deploy('v1');
      const path = join(directory, name);
      if (kind === 'directory') mkdirSync(join(path, 'in the way'), { recursive: true });
      else writeFileSync(path, 'in the way');
      const error = await rejection(() => symlinkLayout.prepare(store, delivery('v2')));
      expect(error).toMatchObject({ code: 'unavailable' });
      expect(activeModel().equals(files['model.joblib'])).toBe(true);
      expect(await symlinkLayout.activeVersion(store, 'wifi')).toBe('v1');
      expect(temporaries()).toEqual([]);
    });

    it('the target is a file', async () => {
      writeFileSync(directory, '');
      const error = await rejection(() => symlinkLayout.prepare(store, delivery('v1')));
      expect(error).toMatchObject({ code: 'unavailable' });
      expect(readFileSync(directory, 'utf8')).toBe('');
    });
  });

  it('never leads a reader nowhere, nor to a pair that looks right and is not, over hundreds of switches', async () => {
    const versions = Array.from({ length: 30 }, (_, i) => `v${i}`);
    for (const version of versions) await symlinkLayout.prepare(store, delivery(version));
    await symlinkLayout.activate(store, 'wifi', 'v0');
    const reader = spawn(process.execPath, [join(import.meta.dirname, 'symlink-reader.mjs'), directory], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(reader.stdout, 'data');
    let switches = 0;
    for (const until = performance.now() + 4_000; performance.now() < until; switches++) {
      await symlinkLayout.activate(store, 'wifi', versions[switches % versions.length]);
    }
    reader.stdin.end();
    const [line] = (await once(reader.stdout, 'data')) as [Buffer];
    const seen = JSON.parse(line.toString()) as Record<string, number>;
    expect(switches).toBeGreaterThan(300);
    expect(seen.mixed).toBe(0);
    expect(seen.unresolved).toBe(0);
    expect(seen.pairs).toBeGreaterThan(50);
    expect(seen.versions).toBeGreaterThan(5);
    expect(seen.pairs + seen.unproven).toBe(seen.reads);
  });

  it('makes the names readers open only when they lead somewhere', async () => {
    await symlinkLayout.prepare(store, delivery('v1'));
    const order: string[] = [];
    const watched = Object.create(store) as DirectoryStore;
    watched.putLink = async (path, target) => {
      await store.putLink(path, target);
      order.push(path);
      expect(existsSync(join(directory, path))).toBe(true);
    };
    await symlinkLayout.activate(watched, 'wifi', 'v1');
    expect(order.length).toBe(4);
  });
});
