import { createHash, randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import type { Client, SFTPWrapper, Stats } from 'ssh2';
import { AppError } from '../../shared/errors.js';
import type { DeploymentStore } from './deployment-store.js';
import { linkTarget, linkText } from './relative-link.js';

export interface SftpOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly directory: string;
  /** Expected fingerprint of the server's key, `SHA256:<base64>` as ssh-keygen prints it. */
  readonly hostKey: string;
  /** PEM or OpenSSH private key; null = ask the agent. */
  readonly privateKey: Buffer | null;
  readonly agentSocket: string | null;
  readonly timeoutMs: number;
}

const NO_SUCH_FILE = 2;
/** What every SFTP server takes in one request. */
const CHUNK_BYTES = 32_768;
/** Requests under way at once: a link with a long round trip is still used. */
const IN_FLIGHT = 32;

/** Same text as `ssh-keygen -lf`: base64 without padding. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Connects, or says what is wrong: an unknown host key is never accepted, whatever else fits. */
export async function openSftpStore(options: SftpOptions): Promise<SftpStore> {
  const location = `sftp://${options.username}@${options.host}:${options.port}${posix.join('/', options.directory)}`;
  const { client, sftp } = await connect(options, location);
  return new SftpStore(location, options, client, sftp);
}

async function connect(
  options: SftpOptions,
  location: string,
): Promise<{ client: Client; sftp: SFTPWrapper }> {
  // Loaded with the first connection: most installations deploy to a directory.
  const { default: ssh2 } = await import('ssh2');
  const client = new ssh2.Client();
  let offered: string | undefined;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      client.end();
      reject(connectFailure(error, options, offered, location));
    };
    client.on('error', fail);
    client.on('ready', () => {
      client.sftp((error, sftp) => {
        if (error) fail(error);
        else resolve({ client, sftp });
      });
    });
    try {
      client.connect({
        host: options.host,
        port: options.port,
        username: options.username,
        readyTimeout: options.timeoutMs,
        keepaliveInterval: 5_000,
        keepaliveCountMax: 3,
        ...(options.privateKey === null
          ? { agent: options.agentSocket ?? undefined }
          : { privateKey: options.privateKey }),
        hostVerifier: (key: Buffer) => {
          offered = fingerprint(key);
          return offered === options.hostKey.replace(/=+$/, '');
        },
      });
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function connectFailure(
  cause: Error,
  { hostKey, host }: SftpOptions,
  offered: string | undefined,
  location: string,
): AppError {
  if (offered !== undefined && offered !== hostKey.replace(/=+$/, '')) {
    return new AppError(
      'unavailable',
      `${host} shows the host key ${offered}, the configuration expects ${hostKey}. Nothing was sent.`,
      {
        cause,
        hint: 'If the server was reinstalled, check its fingerprint on the server itself and set host_key of the target.',
      },
    );
  }
  return new AppError('unavailable', `${location} cannot be reached: ${cause.message}.`, {
    cause,
    hint: 'Check host, port, user and key of the deployment target; the version that was active there stays active.',
  });
}

/** A directory behind SFTP. Every wait has a limit: a server that vanishes makes a call fail, not hang. */
export class SftpStore implements DeploymentStore {
  private lost: Error | undefined;
  /** What to tell the calls under way when the connection ends. */
  private readonly waiting = new Set<() => void>();

  constructor(
    readonly location: string,
    private readonly options: SftpOptions,
    private readonly client: Client,
    private readonly sftp: SFTPWrapper,
  ) {
    client.on('error', (error) => {
      this.lost = error;
    });
    client.on('close', () => {
      this.lost ??= new Error('the connection was closed');
      for (const fail of this.waiting) fail();
      this.waiting.clear();
    });
  }

  async putFile(path: string, data: Uint8Array): Promise<void> {
    const target = this.absolute(path);
    const present = await this.readFile(path);
    if (present !== null && Buffer.compare(present, data) === 0) return;
    await this.makeDirectory(posix.dirname(target));
    const temporary = posix.join(posix.dirname(target), `.tmp-${randomUUID()}`);
    try {
      await this.writeNew(temporary, data);
      await this.replace(temporary, target);
    } catch (error) {
      await this.discard(temporary);
      throw error;
    }
  }

  async putLink(path: string, target: string): Promise<void> {
    const link = this.absolute(path);
    const text = linkText(path, target);
    if ((await this.rawLink(link)) === text) return;
    await this.makeDirectory(posix.dirname(link));
    const temporary = posix.join(posix.dirname(link), `.tmp-${randomUUID()}`);
    try {
      await this.call('create a link', (done) => {
        this.sftp.symlink(text, temporary, done);
      });
      await this.replace(temporary, link);
    } catch (error) {
      await this.discard(temporary);
      throw error;
    }
  }

  async readFile(path: string): Promise<Uint8Array | null> {
    const target = this.absolute(path);
    let handle: Buffer;
    try {
      handle = await this.call<Buffer>(`open ${path}`, (done) => {
        this.sftp.open(target, 'r', done);
      });
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
    const { size } = await this.call<Stats>(`look at ${path}`, (done) => {
      this.sftp.fstat(handle, done);
    });
    const bytes = Buffer.alloc(size);
    await inChunks(size, (at, length) =>
      this.call(`read ${path}`, (done) => {
        this.sftp.read(handle, bytes, at, length, at, done);
      }),
    );
    await this.closeHandle(handle, path);
    return bytes;
  }

  async readLink(path: string): Promise<string | null> {
    const text = await this.rawLink(this.absolute(path));
    return text === null ? null : linkTarget(path, text);
  }

  /** Files are synced one by one while they are written, where the server can (fsync@openssh.com). */
  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.client.end();
    return Promise.resolve();
  }

  private absolute(path: string): string {
    return posix.join(this.options.directory, path);
  }

  private async rawLink(path: string): Promise<string | null> {
    try {
      return await this.call<string>(`read the link ${path}`, (done) => {
        this.sftp.readlink(path, done);
      });
    } catch (error) {
      if (isStatus(error)) return null;
      throw error;
    }
  }

  private async writeNew(path: string, data: Uint8Array): Promise<void> {
    const handle = await this.call<Buffer>(`create ${path}`, (done) => {
      this.sftp.open(path, 'wx', done);
    });
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    await inChunks(bytes.length, (at, length) =>
      this.call(`write ${path}`, (done) => {
        this.sftp.write(handle, bytes, at, length, at, done);
      }),
    );
    // Not every server can; the one rename afterwards still makes the file appear as a whole.
    await this.call('sync', (done) => {
      this.sftp.ext_openssh_fsync(handle, done);
    }).catch(() => undefined);
    await this.closeHandle(handle, path);
  }

  private async closeHandle(handle: Buffer, path: string): Promise<void> {
    await this.call(`close ${path}`, (done) => {
      this.sftp.close(handle, done);
    });
  }

  /** posix-rename@openssh.com replaces atomically; plain SFTP rename must not overwrite, and that is no switch. */
  private async replace(from: string, to: string): Promise<void> {
    await this.call(`put ${to} in place`, (done) => {
      this.sftp.ext_openssh_rename(from, to, done);
    });
  }

  private async discard(path: string): Promise<void> {
    if (this.lost !== undefined) return;
    await this.call('clean up', (done) => {
      this.sftp.unlink(path, done);
    }).catch(() => undefined);
  }

  private async makeDirectory(path: string): Promise<void> {
    const exists = await this.call(`look at ${path}`, (done) => {
      this.sftp.stat(path, done);
    }).then(
      () => true,
      (error: unknown) => {
        if (isMissing(error)) return false;
        throw error;
      },
    );
    if (exists || path === '/' || path === '.') return;
    await this.makeDirectory(posix.dirname(path));
    await this.call(`create the directory ${path}`, (done) => {
      this.sftp.mkdir(path, done);
    });
  }

  private call<Value = void>(
    what: string,
    body: (done: (error: Error | undefined | null, value?: unknown) => void) => void,
  ): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      const fail = (cause: Error): void => {
        reject(
          new AppError('unavailable', `${this.location}: could not ${what}: ${cause.message}.`, {
            cause,
            hint: 'The version that was active there stays active. Check the server and deploy again.',
          }),
        );
      };
      if (this.lost !== undefined) {
        fail(this.lost);
        return;
      }
      const timer = setTimeout(() => {
        this.lost = new Error('the server does not answer');
        this.client.destroy();
        fail(this.lost);
      }, this.options.timeoutMs);
      const onClose = (): void => {
        clearTimeout(timer);
        fail(this.lost ?? new Error('the connection was closed'));
      };
      this.waiting.add(onClose);
      body((error, value) => {
        clearTimeout(timer);
        this.waiting.delete(onClose);
        if (error) fail(error);
        else resolve(value as Value);
      });
    });
  }
}

/** Calls `body` for every piece of [0, size), a bounded number of them at a time. */
async function inChunks(size: number, body: (at: number, length: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < size) {
      const at = next;
      next += CHUNK_BYTES;
      await body(at, Math.min(CHUNK_BYTES, size - at));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

function isMissing(error: unknown): boolean {
  const cause = error instanceof AppError ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === NO_SUCH_FILE;
}

/** An answer of the server (no such file, not a link), not a lost connection. */
function isStatus(error: unknown): boolean {
  const cause = error instanceof AppError ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'number';
}
