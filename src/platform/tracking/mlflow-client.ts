import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../shared/errors.js';
import type { MlflowConfig } from '../config/schema/mlflow.schema.js';
import { OutboundClient, type OutboundAnswer, type OutboundCall } from '../outbound/outbound-client.js';

export interface MlflowItem {
  readonly key: string;
  readonly value: string;
}

export interface MlflowMetric {
  readonly key: string;
  readonly value: number;
}

export interface NewMlflowRun {
  readonly name: string;
  readonly startMs: number;
  readonly tags: readonly MlflowItem[];
}

export interface MlflowRun {
  readonly runId: string;
  /** Where its files go, below the proxy of the server; null: it keeps them where only its own clients can write. */
  readonly artifactPath: string | null;
}

export type MlflowStatus = 'FINISHED' | 'FAILED' | 'KILLED';

const ATTEMPTS = 3;
const PAUSES_MS = [200, 1_000];
const CALL_TIMEOUT_MS = 10_000;
/** Of one log-batch request, as the server limits them. */
const MAX_PARAMS = 100;
const MAX_METRICS = 900;

/** The part of MLflow's REST API that logging a run needs. Every call ends by the deadline. */
export class MlflowClient {
  private readonly base: string;
  private readonly outbound: OutboundClient;
  private readonly authorization: Readonly<Record<string, string>>;
  private readonly secrets: readonly string[];

  constructor(
    settings: MlflowConfig,
    /** Ends everything: the time of one run is up, or the process. */
    private readonly signal: AbortSignal,
  ) {
    const uri = settings.tracking_uri ?? '';
    this.base = uri.replace(/\/+$/, '');
    // The operator has named this server; it may be on this machine.
    this.outbound = new OutboundClient({ trustedHosts: [new URL(uri).hostname] });
    this.authorization = authorization(settings);
    const credential = Object.values(this.authorization).map((value) => value.split(' ')[1]);
    this.secrets = [settings.token, settings.password, ...credential].filter((secret) => secret !== null);
  }

  /** The id of the experiment, which is made when there is none of the name. */
  async experiment(name: string): Promise<string> {
    const query = new URLSearchParams({ experiment_name: name }).toString();
    const find = (): Promise<OutboundAnswer> =>
      this.send({ method: 'GET', path: `/api/2.0/mlflow/experiments/get-by-name?${query}` }, [200, 404]);
    const found = await find();
    if (found.status === 200) return experimentId(found);
    const made = await this.send(
      { method: 'POST', path: '/api/2.0/mlflow/experiments/create', body: { name } },
      [200, 400],
    );
    if (made.status === 200) return textOf(json(made).experiment_id, 'experiment_id');
    // Somebody else was faster.
    return experimentId(await find());
  }

  async createRun(experiment: string, { name, startMs, tags }: NewMlflowRun): Promise<MlflowRun> {
    const answer = await this.send({
      method: 'POST',
      path: '/api/2.0/mlflow/runs/create',
      body: { experiment_id: experiment, run_name: name, start_time: startMs, tags },
    });
    const { info } = json(answer).run as { info?: Record<string, unknown> };
    const runId = textOf(info?.run_id, 'run_id');
    const uri = textOf(info?.artifact_uri, 'artifact_uri');
    const path = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.+)$/.exec(uri)?.[1] ?? null;
    return { runId, artifactPath: path };
  }

  async log(
    { runId }: MlflowRun,
    params: readonly MlflowItem[],
    metrics: readonly MlflowMetric[],
    nowMs: number,
  ): Promise<void> {
    const path = '/api/2.0/mlflow/runs/log-batch';
    for (let i = 0; i < params.length; i += MAX_PARAMS) {
      const body = { run_id: runId, params: params.slice(i, i + MAX_PARAMS) };
      await this.send({ method: 'POST', path, body });
    }
    for (let i = 0; i < metrics.length; i += MAX_METRICS) {
      const part = metrics
        .slice(i, i + MAX_METRICS)
        .map((metric) => ({ ...metric, timestamp: nowMs, step: 0 }));
      await this.send({ method: 'POST', path, body: { run_id: runId, metrics: part } });
    }
  }

  async putArtifact(artifactPath: string, name: string, bytes: Uint8Array): Promise<void> {
    const path = [...artifactPath.split('/'), ...name.split('/')].map(encodeURIComponent).join('/');
    await this.send({ method: 'PUT', path: `${PROXY_PATH}/${path}`, body: bytes });
  }

  async end({ runId }: MlflowRun, status: MlflowStatus, endMs: number): Promise<void> {
    const body = { run_id: runId, status, end_time: endMs };
    await this.send({ method: 'POST', path: '/api/2.0/mlflow/runs/update', body });
  }

  private async send(
    call: { readonly method: OutboundCall['method']; readonly path: string; readonly body?: object },
    accepted: readonly number[] = [200],
  ): Promise<OutboundAnswer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.once(call).catch((error: unknown) => {
        if (attempt >= ATTEMPTS || this.signal.aborted || !isTransient(error)) throw error;
        return null;
      });
      if (answer !== null && accepted.includes(answer.status)) return answer;
      const mayPass = answer === null || answer.status === 429 || answer.status >= 500;
      if (answer !== null && (!mayPass || attempt >= ATTEMPTS)) throw this.refusedBy(call.path, answer);
      await sleep(PAUSES_MS[attempt - 1], undefined, { signal: this.signal });
    }
  }

  /** What the server says is somebody else's text: not at length, and without what it must not repeat. */
  private refusedBy(path: string, { status, body }: OutboundAnswer): AppError {
    const text = body.toString('utf8').replace(/[^\x20-\x7e]+/g, ' ');
    const said = this.secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text).slice(0, 200);
    const what = path.startsWith(PROXY_PATH) ? PROXY_PATH : path.split('?')[0];
    return new AppError('unavailable', `${what} was answered with ${status}: ${said}`);
  }

  private once({
    method,
    path,
    body,
  }: {
    method: OutboundCall['method'];
    path: string;
    body?: object;
  }): Promise<OutboundAnswer> {
    const isBytes = body instanceof Uint8Array;
    const type = isBytes ? 'application/octet-stream' : 'application/json';
    return this.outbound.call({
      method,
      url: this.base + path,
      headers: { ...this.authorization, ...(body === undefined ? {} : { 'content-type': type }) },
      body: body === undefined || isBytes ? body : JSON.stringify(body),
      timeoutMs: CALL_TIMEOUT_MS,
      signal: this.signal,
    });
  }
}

const PROXY_PATH = '/api/2.0/mlflow-artifacts/artifacts';

function authorization({ token, username, password }: MlflowConfig): Record<string, string> {
  if (token !== null) return { authorization: `Bearer ${token}` };
  if (username === null) return {};
  const pair = Buffer.from(`${username}:${password ?? ''}`).toString('base64');
  return { authorization: `Basic ${pair}` };
}

const isTransient = (error: unknown): boolean => error instanceof AppError && error.code === 'unavailable';

function json({ body }: OutboundAnswer): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(body.toString('utf8'));
    if (typeof document === 'object' && document !== null) return document as Record<string, unknown>;
  } catch {
    // Said below: a proxy that answers with a page is the usual reason.
  }
  throw new AppError('unavailable', 'The server answered with something that is not JSON; is it MLflow?');
}

function experimentId(answer: OutboundAnswer): string {
  const { experiment } = json(answer) as { experiment?: Record<string, unknown> };
  if (experiment?.lifecycle_stage === 'deleted') {
    throw new AppError('unavailable', 'The experiment was deleted in MLflow; restore it or name another.');
  }
  return textOf(experiment?.experiment_id, 'experiment_id');
}

function textOf(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new AppError('unavailable', `The answer of the server has no ${name}; is it MLflow?`);
}
