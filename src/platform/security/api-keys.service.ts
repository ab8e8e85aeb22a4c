import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../shared/errors.js';
import { CLOCK, type Clock } from '../clock.js';
import { APP_CONFIG } from '../config/app-config.js';
import type { ResolvedConfig } from '../config/load-config.js';
import { statusOf, type ApiKeyRecord } from './api-key-record.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { keyDigest, newApiKey, prefixOf, sameDigest } from './api-key-text.js';
import type { Identity } from './identity.js';
import type { Scope } from './scopes.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PREFIX = /^(?:mcpt_)?([a-z0-9]{12})$/;
const USED_EVERY_MS = 60_000;
/** What an unknown key is compared with, so that it takes as long as a known one. */
const NOBODY = keyDigest('');

export interface ApiKeyRequest {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** null = it does not expire. */
  readonly expiresAt: Date | null;
  /** Who makes it, for the audit log. */
  readonly actor: string;
}

/** Keys to the HTTP API: those of the table, and the one of the environment, which may do everything. */
@Injectable()
export class ApiKeysService {
  private hadKeys = false;

  constructor(
    private readonly keys: ApiKeyRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
  ) {}

  /**
   * The key is in the answer, and nowhere else.
   * @throws AppError `usage` for a name, scopes or an end that are not acceptable
   */
  async create(request: ApiKeyRequest): Promise<{ key: string; record: ApiKeyRecord }> {
    const { name, scopes, expiresAt, actor } = request;
    if (!NAME.test(name)) {
      throw new AppError('usage', `${JSON.stringify(name)} is not a name for a key.`, {
        hint: 'Letters, digits, ".", "_" and "-", at most 64, such as "dashboard" or "ci-2026".',
      });
    }
    if (scopes.length === 0) throw new AppError('usage', 'A key needs at least one scope.');
    if (expiresAt !== null && expiresAt.getTime() <= this.clock.nowMs()) {
      throw new AppError('usage', `The key would have expired already: ${expiresAt.toISOString()}.`);
    }
    const { key, prefix } = newApiKey();
    const record = await this.keys.insert({
      id: randomUUID(),
      name,
      prefix,
      hash: keyDigest(key),
      scopes: [...new Set(scopes)],
      expiresAt,
      createdBy: actor,
    });
    return { key, record };
  }

  list(): Promise<ApiKeyRecord[]> {
    return this.keys.list();
  }

  /**
   * @param which id or prefix, with or without the leading `mcpt_`
   * @throws AppError `not_found`
   */
  async get(which: string): Promise<ApiKeyRecord> {
    const where = UUID.test(which) ? { id: which.toLowerCase() } : { prefix: PREFIX.exec(which)?.[1] ?? '' };
    const record = await this.keys.find(where);
    if (record === null) {
      // A whole key may have been given by mistake: the text does not belong into a message.
      throw new AppError('not_found', 'There is no API key with this id or prefix.', {
        hint: '"mcp-training api-key list" shows the keys that exist.',
      });
    }
    return record;
  }

  /**
   * @param which id or prefix, with or without the leading `mcpt_`
   * @throws AppError `not_found`; `conflict` when it is revoked already
   */
  async revoke(which: string, actor: string, reason: string | null): Promise<ApiKeyRecord> {
    const record = await this.get(which);
    if (!(await this.keys.revoke(record.id, actor, reason))) {
      throw new AppError('conflict', `The key ${record.name} (${record.prefix}) is revoked already.`);
    }
    return (await this.keys.find({ id: record.id })) ?? record;
  }

  /** Whom a key belongs to; null for a key that is unknown, expired or revoked, which are not told apart. */
  async identify(text: string): Promise<Identity | null> {
    const digest = keyDigest(text);
    const { key } = this.config.values.api;
    const isEnvironments = sameDigest(digest, key === null ? NOBODY : keyDigest(key)) && key !== null;
    if (isEnvironments) return { id: 'environment', name: 'key:environment', scopes: ['admin'] };
    const prefix = prefixOf(text);
    if (prefix === undefined) return null;
    const stored = await this.keys.findByPrefix(prefix);
    const isRight = sameDigest(digest, stored?.hash ?? NOBODY);
    const nowMs = this.clock.nowMs();
    if (stored === null || !isRight || statusOf(stored, nowMs) !== 'active') return null;
    if (stored.lastUsedAt === null || nowMs - stored.lastUsedAt.getTime() >= USED_EVERY_MS) {
      await this.keys.touch(stored.id);
    }
    return { id: stored.id, name: `key:${stored.name}/${stored.prefix}`, scopes: stored.scopes };
  }

  /**
   * Whether a service has keys at all, so that it answers nobody without one. A revoked or expired key counts: taking
   * away the last key must not open the service.
   */
  async exist(): Promise<boolean> {
    // Rows are never deleted, so the answer "yes" lasts.
    this.hadKeys ||= this.config.values.api.key !== null || !(await this.keys.isEmpty());
    return this.hadKeys;
  }

  /** Whether anybody could get in. */
  async canBeUsed(): Promise<boolean> {
    if (this.config.values.api.key !== null) return true;
    const nowMs = this.clock.nowMs();
    return (await this.keys.list()).some((record) => statusOf(record, nowMs) === 'active');
  }
}
