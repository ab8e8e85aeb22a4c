import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fromBuffer, type Entry } from 'yauzl';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buffer } from 'node:stream/consumers';
import { jsonOf, CliSandbox } from '../../support/cli.js';
import { writeBrokenNetwork, writeSampleExport } from '../../e2e/sample-exports.js';

interface Packaged {
  readonly version: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly files: string[];
}

interface ZipEntry {
  readonly entry: Entry;
  readonly data: Buffer;
}

async function readZip(path: string): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [];
  const zip = await new Promise<import('yauzl').ZipFile>((resolve, reject) => {
    fromBuffer(readFileSync(path), { lazyEntries: true }, (error, file) => {
      if (error) reject(error);
      else resolve(file);
    });
  });
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      zip.openReadStream(entry, (error, stream) => {
        if (error) {
          reject(error);
          return;
        }
        buffer(stream).then((data) => {
          entries.push({ entry, data });
          zip.readEntry();
        }, reject);
      });
    });
    zip.on('end', resolve).on('error', reject);
    zip.readEntry();
  });
  return entries;
}

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** Every trap of the consumer's import (interop page, sections 7 and 9) that can be seen without Python. */
describe('the archive that the consumer imports', () => {
  let sandbox: CliSandbox;
  let packaged: Packaged;
  let entries: ZipEntry[];
  let manifest: Record<string, unknown>;
  let metadata: Record<string, unknown>;

  const json = (name: string): Record<string, unknown> =>
    JSON.parse(file(name).toString('utf8')) as Record<string, unknown>;
  const file = (name: string): Buffer => entries.find(({ entry }) => entry.fileName === name)!.data;
  const section = (of: Record<string, unknown>, name: string): Record<string, unknown> =>
    of[name] as Record<string, unknown>;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('package-archive');
    const june = await writeSampleExport(join(sandbox.exportsDir, 'june.json'));
    const trained = await sandbox.run(['train', june, '--json', '--quiet']);
    expect(trained.code, trained.stderr).toBe(0);
    const { version } = jsonOf<{ version: string }>(trained);
    const result = await sandbox.run(['package', version, '--json']);
    expect(result.code, result.stderr).toBe(0);
    packaged = jsonOf<Packaged>(result);
    entries = await readZip(packaged.path);
    manifest = json('deployment_manifest.json');
    metadata = json('metadata.json');
  });
  afterAll(async () => sandbox.cleanUp());

  it('goes below the data directory, with its size and hash on stdout, and leaves nothing else there', () => {
    expect(packaged.path).toBe(join(sandbox.dataDir, 'packages', basename(packaged.path)));
    expect(readdirSync(join(sandbox.dataDir, 'packages'))).toEqual([basename(packaged.path)]);
    const bytes = readFileSync(packaged.path);
    expect(bytes.byteLength).toBe(packaged.bytes);
    expect(sha256(bytes)).toBe(packaged.sha256);
    expect(packaged.bytes).toBeLessThanOrEqual(100 * 1024 * 1024);
  });

  it('has one version in the file name, metadata and manifest', () => {
    expect(basename(packaged.path)).toBe(`model_${packaged.version}_deployment.zip`);
    expect(section(metadata, 'model_info').version).toBe(packaged.version);
    expect(metadata.version).toBe(packaged.version);
    expect(manifest.model_version).toBe(packaged.version);
  });

  it('is flat, deflated and has no entry twice', () => {
    const names = entries.map(({ entry }) => entry.fileName);
    expect(names).toEqual(packaged.files);
    expect(new Set(names).size).toBe(names.length);
    for (const { entry } of entries) {
      expect(entry.fileName).not.toMatch(/[/\\]|\.\./);
      expect(entry.compressionMethod).toBe(8);
    }
  });

  it('holds every file the loader requires or would warn about', () => {
    expect(packaged.files.sort()).toEqual(
      [
        'model.joblib',
        'scaler.joblib',
        'model.onnx',
        'metadata.json',
        'deployment_manifest.json',
        'feature_spec.json',
        'feature_state.json',
        'golden.json',
        'validate_model.py',
        'inference_example.py',
        'requirements.txt',
        'README.md',
        'wifi_features.py',
        'wifi_context.py',
        'wifi_events.py',
        'wifi_rules.json',
      ].sort(),
    );
  });

  it('keeps the version directory as it was: the copied files are the registered bytes', () => {
    for (const name of ['model.joblib', 'scaler.joblib', 'metadata.json', 'golden.json']) {
      expect(file(name).equals(readFileSync(join(sandbox.modelsDir, packaged.version, name))), name).toBe(
        true,
      );
    }
    expect(existsSync(join(sandbox.modelsDir, 'model_registry.json'))).toBe(false);
  });

  it('lists the lower-case SHA-256 of every other file as it is in the zip, under both names', () => {
    const expected = Object.fromEntries(
      entries
        .filter(({ entry }) => entry.fileName !== 'deployment_manifest.json')
        .map(({ entry, data }) => [entry.fileName, sha256(data)]),
    );
    expect(manifest.file_hashes).toEqual(expected);
    expect(manifest.file_integrity).toEqual(expected);
  });

  it('gives a positive threshold, the negated offset', () => {
    const { threshold } = section(manifest, 'inference_config') as { threshold: number };
    expect(threshold).toBeGreaterThan(0);
    expect(threshold).toBe(-(section(metadata, 'training_info').offset as number));
  });

  it('gives the four quality figures as numbers in their range and says what they are', () => {
    const quality = section(manifest, 'quality_assessment') as Record<string, number>;
    const metrics = section(section(metadata, 'evaluation_info'), 'basic_metrics');
    expect(quality.model_quality_score).toBe(metrics.roc_auc);
    expect(quality.silhouette_score).toBeGreaterThanOrEqual(-1);
    expect(quality.silhouette_score).toBeLessThanOrEqual(1);
    expect(quality.feature_utilization).toBeGreaterThan(0);
    expect(quality.feature_utilization).toBeLessThanOrEqual(1);
    expect(quality.training_data_quality).toBe(1);
    for (const name of Object.keys(quality)) expect(manifest.quality_assessment_note).toContain(`${name}:`);
  });

  it('names model type, dependencies and readiness in the manifest', () => {
    expect(section(manifest, 'model_info').model_type).toBe('IsolationForest');
    expect(manifest.deployment_ready).toBe(true);
    expect(manifest.dependencies).toEqual(['scikit-learn>=1.3.0', 'numpy>=1.21.0', 'joblib>=1.2.0']);
    const training = section(manifest, 'training_info');
    expect(training.feature_names).toEqual(section(metadata, 'training_info').feature_names);
    expect(training.feature_count).toBe((training.feature_names as string[]).length);
    expect(training.training_samples).toBe(section(metadata, 'training_info').training_samples);
  });

  it('writes created_at without a zone, which the consumer cannot subtract otherwise', () => {
    for (const at of [metadata.created_at, section(metadata, 'model_info').created_at, manifest.created_at]) {
      expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d{3}|\d{6})$/);
    }
  });

  it('has every key of metadata.json that is read without a default', () => {
    const info = section(metadata, 'model_info');
    const training = section(metadata, 'training_info');
    expect(info.model_type).toBe('IsolationForest');
    expect(metadata.model_type).toBe('IsolationForest');
    expect(typeof training.training_samples).toBe('number');
    expect(training.n_samples).toBe(training.training_samples);
    expect(new Set(training.feature_names as string[]).size).toBe(training.feature_count);
    for (const key of ['description', 'model_name', 'training_source', 'training_id', 'export_files']) {
      expect(info, key).toHaveProperty(key);
    }
    for (const key of ['model_parameters', 'training_duration']) expect(training, key).toHaveProperty(key);
  });

  it('gives the metrics of the quality gate, with the source of their labels beside them', () => {
    const metrics = section(section(metadata, 'evaluation_info'), 'basic_metrics');
    for (const name of ['f1_score', 'roc_auc', 'precision', 'recall', 'accuracy', 'anomaly_ratio'] as const) {
      expect(metrics[name], name).toBeTypeOf('number');
    }
    expect(metrics.threshold_value).toBe(section(manifest, 'inference_config').threshold);
    expect(metrics.label_source).toBe('injected');
    expect(file('README.md').toString()).toContain('label source "injected"');
  });

  it('has no NaN and no Infinity in any JSON file', () => {
    for (const { entry, data } of entries) {
      if (!entry.fileName.endsWith('.json')) continue;
      const text = data.toString('utf8');
      expect(() => JSON.parse(text) as unknown, entry.fileName).not.toThrow();
      expect(text, entry.fileName).not.toMatch(/\b(NaN|Infinity)\b/);
    }
  });

  it('asks for scikit-learn on one line that a version can be read from', () => {
    const lines = file('requirements.txt').toString().trimEnd().split('\n');
    expect(lines.filter((line) => line.includes('scikit-learn'))).toEqual(['scikit-learn>=1.3.0']);
    expect(lines).toHaveLength(3);
  });

  it('names no path of this machine', () => {
    for (const name of ['README.md', 'deployment_manifest.json', 'wifi_rules.json', 'feature_spec.json']) {
      expect(file(name).toString(), name).not.toContain(sandbox.directory);
    }
  });

  it('is the same archive to the byte, in any time zone', async () => {
    const again = sandbox.path('again.zip');
    const result = await sandbox.run(['package', packaged.version, '-o', again, '--json'], {
      env: { TZ: 'Pacific/Kiritimati' },
    });
    expect(jsonOf<Packaged>(result).sha256).toBe(packaged.sha256);
    expect(sha256(readFileSync(again))).toBe(packaged.sha256);
    expect(result.stderr).toContain(`model_${packaged.version}_deployment.zip`);
  });

  it('goes under its own name into a directory given with -o', async () => {
    const directory = sandbox.path('outbox');
    mkdirSync(directory);
    const result = await sandbox.run(['package', packaged.version, '-o', directory]);
    expect(result.code, result.stderr).toBe(0);
    expect(readdirSync(directory)).toEqual([`model_${packaged.version}_deployment.zip`]);
    expect(result.stdout).toContain(packaged.sha256);
    expect(result.stderr).toBe('');
  });

  describe('what is refused', () => {
    it('5: a version that does not exist', async () => {
      const result = await sandbox.run(['package', '20200101_000000', '--json']);
      expect(result.code).toBe(5);
      expect(jsonOf(result)).toMatchObject({ error: { code: 'not_found' } });
    });

    it('2: a directory that does not exist, and nothing is created', async () => {
      const result = await sandbox.run(['package', packaged.version, '-o', sandbox.path('absent/x.zip')]);
      expect(result.code).toBe(2);
      expect(result.stderr).toContain('absent/x.zip cannot be written');
      expect(existsSync(sandbox.path('absent'))).toBe(false);
    });

    it('2: standard output, because the name matters', async () => {
      expect((await sandbox.run(['package', packaged.version, '-o', '-'])).code).toBe(2);
    });

    it('4: a version that did not pass its gate', async () => {
      const broken = writeBrokenNetwork(join(sandbox.exportsDir, 'broken.json'));
      const trained = await sandbox.run(['train', broken, '--json', '--quiet']);
      expect(trained.code, trained.stderr).toBe(4);
      const { version } = jsonOf<{ version: string }>(trained);
      const out = sandbox.path('rejected.zip');
      const result = await sandbox.run(['package', version, '-o', out, '--json']);
      expect(result.code).toBe(4);
      expect(jsonOf(result)).toMatchObject({ error: { code: 'gate_rejected' } });
      expect(existsSync(out)).toBe(false);
    });

    it('6: a version whose files were changed, and an older archive stays as it was', async () => {
      const directory = join(sandbox.modelsDir, packaged.version);
      const backup = sandbox.path('backup');
      cpSync(directory, backup, { recursive: true });
      appendFileSync(join(directory, 'model.onnx'), 'x');
      const result = await sandbox.run(['package', packaged.version, '--json']);
      cpSync(backup, directory, { recursive: true });
      expect(result.code).toBe(6);
      expect(jsonOf(result)).toMatchObject({ error: { code: 'artifact_integrity' } });
      expect(sha256(readFileSync(packaged.path))).toBe(packaged.sha256);
      expect(readdirSync(join(sandbox.dataDir, 'packages'))).toEqual([basename(packaged.path)]);
    });
  });
});
