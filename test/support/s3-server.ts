import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const RCLONE = process.env.MCP_TRAINING_RCLONE ?? 'rclone';

export const ACCESS_KEY = 'test-access-key';
export const SECRET_KEY = 'test-secret-key';

/** A server with the protocol of S3 can run here; otherwise the reason, said loudly. */
export function s3Available(): boolean {
  try {
    execFileSync(RCLONE, ['serve', 's3', '--help'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(
      'SKIPPED: the bucket of artifacts is not tested, there is no rclone with "serve s3" (set MCP_TRAINING_RCLONE).',
    );
    return false;
  }
}

/** `rclone serve s3` on loopback. It checks signatures; a bucket is a directory, an object a file. */
export interface TestS3 {
  readonly endpoint: string;
  /** Holds a directory for each bucket. */
  readonly directory: string;
  /** Settings of `storage.artifacts` as environment variables. */
  environment(bucket: string): Record<string, string>;
  /** kill -9 */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** For good. */
  end(): Promise<void>;
}

export async function startS3(buckets: readonly string[]): Promise<TestS3> {
  const directory = mkdtempSync(join(tmpdir(), 'mcp-training-s3-'));
  for (const bucket of buckets) mkdirSync(join(directory, bucket));
  const port = await freePort();
  let server: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const options = ['--addr', `127.0.0.1:${port}`, '--auth-key', `${ACCESS_KEY},${SECRET_KEY}`];
    server = spawn(RCLONE, ['serve', 's3', '--config', '/dev/null', ...options, directory], {
      stdio: 'ignore',
    });
    for (let tries = 0; !(await answers(port)); tries++) {
      if (tries > 200 || server.exitCode !== null) throw new Error('rclone serve s3 did not start');
      await sleep(50);
    }
  };
  const stop = async (): Promise<void> => {
    if (server === null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
    server = null;
  };
  await start();
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    directory,
    environment: (bucket) => ({
      TRAINING_STORAGE_ARTIFACTS_KIND: 's3',
      TRAINING_STORAGE_ARTIFACTS_BUCKET: bucket,
      TRAINING_STORAGE_ARTIFACTS_ENDPOINT: endpoint,
      TRAINING_STORAGE_ARTIFACTS_FORCE_PATH_STYLE: 'true',
      TRAINING_STORAGE_ARTIFACTS_TIMEOUT: '5',
      AWS_ACCESS_KEY_ID: ACCESS_KEY,
      AWS_SECRET_ACCESS_KEY: SECRET_KEY,
    }),
    stop,
    start,
    end: async () => {
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
