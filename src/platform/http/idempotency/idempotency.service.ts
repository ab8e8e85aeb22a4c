import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Request, Response } from 'express';
import { canonicalJson, sha256Hex } from '../../../shared/digest.js';
import { AppError } from '../../../shared/errors.js';
import { AppLogger } from '../../logging/app-logger.js';
import { APP_LOGGER } from '../../logging/logging.module.js';
import { actorOf, identityOf } from '../../security/actor.js';
import { IdempotencyRepository, type Claim, type StoredAnswer } from './idempotency.repository.js';

const KEY = /^[\x21-\x7e]{1,200}$/;
/** Headers of an answer that belong to what it says. */
const KEPT_HEADERS = ['location', 'etag'] as const;
/** A larger answer is not kept: the request counts as never made. */
const MAX_BODY_BYTES = 1024 * 1024;
const RENEW_MS = 10_000;
const PURGE_MS = 60 * 60 * 1000;
/** Two requests sent at the same moment: the second one waits so long for the answer of the first. */
const PATIENCE_MS = 1_000;
const LOOK_MS = 50;

const operations = new WeakMap<IncomingMessage, string>();

/**
 * Names the work of this request when it was sent with an Idempotency-Key; null without one. The name is the same for
 * an attempt that takes over from a process that died, so what the first attempt has created can be found by it.
 */
export function operationIdOf(request: IncomingMessage): string | null {
  return operations.get(request) ?? null;
}

/** Requests with an Idempotency-Key are carried out once and answered alike for a day, by whatever replica. */
@Injectable()
export class IdempotencyService implements OnApplicationBootstrap, OnModuleDestroy {
  private purging: NodeJS.Timeout | undefined;

  constructor(
    private readonly keys: IdempotencyRepository,
    @Inject(APP_LOGGER) private readonly logger: AppLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.purging = setInterval(() => {
      this.keys.purge().catch((error: unknown) => {
        this.logger.warn(`Old idempotency keys could not be deleted: ${String(error)}`, 'idempotency');
      });
    }, PURGE_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.purging);
  }

  /**
   * @param body what makes this request differ from others at the same address
   * @returns what `work` returns, or the body of the answer that was given before, whose status and headers are set
   * @throws AppError `validation_failed` for a malformed key, or one of another request; `conflict` while the first
   *   request is still being worked on; and whatever `work` throws
   */
  async run<T>(request: Request, response: Response, body: unknown, work: () => Promise<T>): Promise<T> {
    const key = keyOf(request);
    if (key === null) return work();
    const claim: Claim = {
      owner: identityOf(request)?.id ?? actorOf(request),
      key,
      operationId: randomUUID(),
      fingerprint: sha256Hex(canonicalJson([request.method, request.originalUrl, body ?? null])),
      token: randomUUID(),
    };
    const operationId = await this.keys.claim(claim);
    if (operationId !== null) return this.carryOut({ ...claim, operationId }, request, response, work);
    const before = await this.answerBefore(claim, response);
    if (before === null) return this.run(request, response, body, work);
    return replay(before, response) as T;
  }

  private async carryOut<T>(
    claim: Claim,
    request: Request,
    response: Response,
    work: () => Promise<T>,
  ): Promise<T> {
    operations.set(request, claim.operationId);
    const renewing = setInterval(() => {
      this.keys.renew(claim).catch(() => undefined);
    }, RENEW_MS).unref();
    try {
      const result = await work();
      const answer = answerOf(result, response);
      if (answer === null) await this.keys.release(claim);
      else await this.keys.finish(claim, answer);
      return result;
    } catch (error) {
      await this.keys.release(claim).catch(() => undefined);
      throw error;
    } finally {
      clearInterval(renewing);
    }
  }

  /** null = the first request has failed meanwhile, and its key is free. */
  private async answerBefore(claim: Claim, response: Response): Promise<StoredAnswer | null> {
    for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
      const stored = await this.keys.find(claim);
      if (stored === null) return null;
      if (stored.fingerprint !== claim.fingerprint) throw otherRequest();
      if (stored.answer !== null) return stored.answer;
      if (waitedMs >= PATIENCE_MS) {
        response.setHeader('retry-after', '1');
        throw stillRunning();
      }
      await sleep(LOOK_MS);
    }
  }
}

function keyOf({ headers }: Request): string | null {
  const key = headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key === 'string' && KEY.test(key)) return key;
  throw new AppError('validation_failed', 'The Idempotency-Key header is not acceptable.', {
    problems: [
      { pointer: 'Idempotency-Key', code: 'format', message: 'must be 1 to 200 printable ASCII characters' },
    ],
  });
}

function answerOf(result: unknown, response: Response): StoredAnswer | null {
  const body = result === undefined ? null : JSON.stringify(result);
  if (body !== null && Buffer.byteLength(body) > MAX_BODY_BYTES) return null;
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = response.getHeader(name);
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  return { status: response.statusCode, headers: Object.fromEntries(headers), body };
}

function replay({ status, headers, body }: StoredAnswer, response: Response): unknown {
  response.status(status);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('idempotency-replayed', 'true');
  return body === null ? undefined : (JSON.parse(body) as unknown);
}

function otherRequest(): AppError {
  return new AppError('validation_failed', 'This Idempotency-Key was used for another request before.', {
    hint: 'Send a new key with a new request.',
    problems: [
      { pointer: 'Idempotency-Key', code: 'reused', message: 'belongs to a request with another body' },
    ],
  });
}

function stillRunning(): AppError {
  return new AppError('conflict', 'The first request with this Idempotency-Key is still being worked on.', {
    hint: 'Send it again in a moment: then it gets the answer of the first.',
    problems: [
      { pointer: 'Idempotency-Key', code: 'still_running', message: 'its request has no answer yet' },
    ],
  });
}
