import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ApiKeysService } from '../../src/platform/security/api-keys.service.js';
import type { Scope } from '../../src/platform/security/scopes.js';
import { startApplication, type TestApplication } from '../support/application.js';
import { listen } from '../support/http.js';
import { asJson, sampleRows } from '../support/sample-files.js';

/** Nothing of the inside may stand in an answer (oracle O5). */
const INSIDE = /(node_modules|\bat .*\.[jt]s:\d+|\/tmp\/|SELECT |INSERT |ECONN|QueryFailed)/;
const TIMEOUT_MS = 20_000;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Call {
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
  /** null = none; default: the operator's. */
  readonly key?: string | null;
}

/** One running service with canaries around it, and the oracle that is asked after every case. */
export class SecurityBench {
  readonly canary = `CANARY-${randomUUID()}`;
  /** Everything that any case got back. */
  private readonly traffic: Answer[] = [];

  private constructor(
    readonly application: TestApplication,
    readonly directory: string,
    readonly port: number,
    readonly keys: Readonly<Record<'reader' | 'operator' | 'expired' | 'revoked', string>>,
  ) {}

  static async start(name: string, directory: string): Promise<SecurityBench> {
    const application = await startApplication(`security_${name}`, directory, { isLoopback: false });
    const port = await listen(application);
    const service = application.app.get(ApiKeysService);
    const create = async (called: string, scopes: Scope[], expiresAt: Date | null = null) =>
      service.create({ name: called, scopes, expiresAt, actor: 'test' });
    const soon = new Date(Date.now() + 1);
    const revoked = await create('revoked', ['admin']);
    await service.revoke(revoked.record.id, 'test', null);
    const keys = {
      reader: (await create('reader', ['read'])).key,
      operator: (await create('operator', ['train', 'deploy'])).key,
      expired: (await create('expired', ['admin'], soon).catch(() => revoked)).key,
      revoked: revoked.key,
    };
    const bench = new SecurityBench(application, directory, port, keys);
    bench.layTraps();
    return bench;
  }

  get exportsDir(): string {
    return join(this.directory, 'exports');
  }

  /** A good export, and canaries beside, below and linked into the exports directory. */
  private layTraps(): void {
    writeFileSync(join(this.exportsDir, 'ok.json'), asJson(sampleRows(400)));
    mkdirSync(join(this.directory, 'canary'));
    const secret = join(this.directory, 'canary', 'secret.json');
    writeFileSync(secret, this.canary);
    mkdirSync(join(this.directory, 'exports-evil'));
    writeFileSync(join(this.directory, 'exports-evil', 'x.json'), this.canary);
    symlinkSync(secret, join(this.exportsDir, 'link.json'));
    linkSync(secret, join(this.exportsDir, 'hard.json'));
    mkdirSync(join(this.exportsDir, 'dir.json'));
    symlinkSync('/dev/zero', join(this.exportsDir, 'dev.json'));
  }

  /** Sends a request as it is: nothing is tidied up on the way. */
  send(method: string, path: string, { headers = {}, body, key }: Call = {}): Promise<Answer> {
    const bearer = key === undefined ? this.keys.operator : key;
    return new Promise((resolve, reject) => {
      const call = request({
        ...{ host: '127.0.0.1', port: this.port, method, path, agent: false, timeout: TIMEOUT_MS },
        headers: {
          ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
      });
      call.on('timeout', () => call.destroy(new Error(`${method} ${path}: no answer`)));
      call.on('error', reject);
      call.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const answer = { status: response.statusCode ?? 0, headers: response.headers, text };
          this.traffic.push(answer);
          resolve(answer);
        });
      });
      call.end(body);
    });
  }

  json(method: string, path: string, body: unknown, call: Call = {}): Promise<Answer> {
    const headers = { 'content-type': 'application/json', ...call.headers };
    return this.send(method, path, {
      ...call,
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  train(body: unknown, call: Call = {}): Promise<Answer> {
    return this.json('POST', '/api/v1/training/train', body, call);
  }

  /** One file as a form. */
  upload(path: string, fileName: string, content: string | Uint8Array, call: Call = {}): Promise<Answer> {
    const head = `--b\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), Buffer.from(content), Buffer.from('\r\n--b--\r\n')]);
    const headers = { 'content-type': 'multipart/form-data; boundary=b', ...call.headers };
    return this.send('POST', path, { ...call, headers, body });
  }

  /** Writes bytes to the port and returns what came back until the server closed, or until `waitMs` are over. */
  raw(bytes: string | Uint8Array, waitMs = 5_000): Promise<{ text: string; closed: boolean }> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      let text = '';
      const end = (closed: boolean): void => {
        clearTimeout(timer);
        socket.destroy();
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
        this.traffic.push({ status: status < 400 ? status : 0, headers: {}, text });
        resolve({ text, closed });
      };
      const timer = setTimeout(() => {
        end(false);
      }, waitMs);
      socket.on('data', (chunk) => (text += chunk.toString('latin1')));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        end(true);
      });
      socket.write(bytes);
    });
  }

  /** O1, O2, O5, O7 and O9: what must hold whatever was sent. */
  async oracle(): Promise<void> {
    const live = await this.send('GET', '/api/v1/health/live', { key: null });
    expect(live.status, 'O1: live').toBe(200);
    const ready = await this.send('GET', '/api/v1/health/ready', { key: null });
    expect(ready.status, 'O1: ready').toBe(200);
    for (const { status, headers, text } of this.traffic.splice(0)) {
      expect(text, 'O2: no canary in an answer').not.toContain(this.canary);
      expect(status, `O5: no unexpected failure: ${text.slice(0, 300)}`).not.toBe(500);
      if (status < 400 || text === '') continue;
      expect(headers['content-type'], text.slice(0, 200)).toContain('application/problem+json');
      expect(JSON.parse(text), 'O5').toMatchObject({
        type: expect.stringMatching(/^urn:mcp-training:problem:/) as string,
        title: expect.any(String) as string,
        status,
        detail: expect.any(String) as string,
        instance: expect.any(String) as string,
        request_id: headers['x-request-id'],
      });
      expect(text, 'O5: nothing of the inside').not.toMatch(INSIDE);
      expect(text, 'O5: no path').not.toContain(this.directory);
    }
    const log = this.application.log.join('');
    expect(log, 'O2: no canary in the log').not.toContain(this.canary);
    for (const key of Object.values(this.keys)) expect(log, 'no key in the log').not.toContain(key);
    expect(({} as Record<string, unknown>)['polluted'], 'O7').toBeUndefined();
    expect(unfinished(this.directory), 'O9: nothing half-written').toEqual([]);
  }
}

function unfinished(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    // A deleted version is whole, and waits for its grace time to end.
    /(^|\/)(\.tmp-(?!deleted-)|.*\.part$)/.test(name),
  );
}
