import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Delivery } from '../../../src/deployment/layouts/deployment-layout.js';
import { packageLayout } from '../../../src/deployment/layouts/package-layout.js';
import { symlinkLayout } from '../../../src/deployment/layouts/symlink-layout.js';
import { versionedLayout } from '../../../src/deployment/layouts/versioned-layout.js';
import { openSftpStore, type SftpOptions } from '../../../src/deployment/stores/sftp-store.js';
import { AppError } from '../../../src/shared/errors.js';
import { sshdAvailable, startSshd, type TestSshd } from '../../support/sshd.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function delivery(version: string, bytes = 10): Delivery {
  return {
    modelName: 'wifi',
    version,
    files: {
      'model.joblib': new Uint8Array(bytes).fill(version.length),
      'scaler.joblib': text(`scaler ${version}`),
      'metadata.json': text(`{"version":"${version}"}`),
    },
    agentMetadata: text(`{"model_version":"${version}"}`),
    buildPackage: () => Promise.resolve(text(`package ${version}`)),
  };
}

describe.skipIf(!sshdAvailable())('deployment over SFTP (real OpenSSH server)', () => {
  let sshd: TestSshd;
  let options: SftpOptions;

  beforeAll(async () => {
    sshd = await startSshd();
    options = {
      host: '127.0.0.1',
      port: sshd.port,
      username: sshd.username,
      directory: join(sshd.directory, 'models'),
      hostKey: sshd.hostKey,
      privateKey: readFileSync(sshd.privateKeyFile),
      agentSocket: null,
      timeoutMs: 5_000,
    };
  });

  afterAll(() => {
    sshd.stop();
  });

  const inDirectory = (name: string): SftpOptions => ({ ...options, directory: join(sshd.directory, name) });

  it('delivers the symlink layout, switches it, and a repeated delivery changes nothing', async () => {
    const at = inDirectory('symlink');
    const store = await openSftpStore(at);
    try {
      await symlinkLayout.prepare(store, delivery('v1', 200_000));
      expect(await symlinkLayout.activeVersion(store, 'wifi')).toBeNull();
      await symlinkLayout.activate(store, 'wifi', 'v1');
      await symlinkLayout.prepare(store, delivery('v22'));
      expect(await symlinkLayout.activeVersion(store, 'wifi')).toBe('v1');
      await symlinkLayout.activate(store, 'wifi', 'v22');
      await symlinkLayout.prepare(store, delivery('v22'));
      await symlinkLayout.activate(store, 'wifi', 'v22');
      expect(await symlinkLayout.activeVersion(store, 'wifi')).toBe('v22');
    } finally {
      await store.close();
    }
    expect(readFileSync(join(at.directory, 'wifi_metadata_active.json'), 'utf8')).toBe(
      '{"model_version":"v22"}',
    );
    expect(readFileSync(join(at.directory, 'wifi_model_v1.joblib'))).toHaveLength(200_000);
    expect(readlinkSync(join(at.directory, 'wifi_model_active.joblib'))).toBe('.wifi_active/model.joblib');
    expect(readdirSync(at.directory).filter((name) => name.startsWith('.tmp-'))).toEqual([]);
  });

  it('delivers the versioned and the package layout', async () => {
    const at = inDirectory('others');
    const store = await openSftpStore(at);
    try {
      for (const layout of [versionedLayout, packageLayout]) {
        await layout.prepare(store, delivery('v1'));
        await layout.activate(store, 'wifi', 'v1');
        expect(await layout.activeVersion(store, 'wifi')).toBe('v1');
      }
    } finally {
      await store.close();
    }
    expect(readFileSync(join(at.directory, 'wifi_active', 'metadata.json'), 'utf8')).toBe('{"version":"v1"}');
    expect(readFileSync(join(at.directory, 'model_v1_deployment.zip'), 'utf8')).toBe('package v1');
  });

  it('repairs a file that an interrupted delivery left different', async () => {
    const at = inDirectory('repair');
    const store = await openSftpStore(at);
    try {
      await symlinkLayout.prepare(store, delivery('v1'));
      writeFileSync(join(at.directory, 'wifi_model_v1.joblib'), 'half');
      await symlinkLayout.prepare(store, delivery('v1'));
    } finally {
      await store.close();
    }
    expect(readFileSync(join(at.directory, 'wifi_model_v1.joblib'))).toHaveLength(10);
  });

  it('refuses a server with another host key before anything is sent', async () => {
    const other = `SHA256:${'A'.repeat(43)}`;
    const refusal = await openSftpStore({ ...options, hostKey: other }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AppError);
    expect((refusal as AppError).message).toContain(sshd.hostKey);
    expect((refusal as AppError).code).toBe('unavailable');
  });

  it('says so when the key is not accepted', async () => {
    const privateKey = readFileSync(join(sshd.privateKeyFile, '..', 'host'));
    const refusal = await openSftpStore({ ...options, privateKey }).catch((error: unknown) => error);
    expect((refusal as AppError).message).toMatch(/authentication/i);
  });

  it('keeps the active version when the server vanishes in the middle, and works again when it is back', async () => {
    const at = inDirectory('vanish');
    const first = await openSftpStore(at);
    await symlinkLayout.prepare(first, delivery('v1'));
    await symlinkLayout.activate(first, 'wifi', 'v1');
    const big = delivery('v22', 30_000_000);
    const failing = symlinkLayout.prepare(first, big).then(
      () => null,
      (error: unknown) => error,
    );
    setTimeout(() => {
      sshd.kill();
    }, 150);
    const failure = await failing;
    expect(failure).toBeInstanceOf(AppError);
    expect((failure as AppError).message).toContain(at.directory);
    await first.close();
    expect(readlinkSync(join(at.directory, '.wifi_active'))).toBe('.wifi_releases/v1');

    await sshd.start();
    const again = await openSftpStore(at);
    try {
      await symlinkLayout.prepare(again, big);
      await symlinkLayout.activate(again, 'wifi', 'v22');
      expect(await symlinkLayout.activeVersion(again, 'wifi')).toBe('v22');
    } finally {
      await again.close();
    }
  });

  it('fails within its time limit when nothing listens', async () => {
    const refusal = await openSftpStore({ ...options, port: 1 }).catch((error: unknown) => error);
    expect((refusal as AppError).code).toBe('unavailable');
  });
});
