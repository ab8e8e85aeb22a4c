import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

export interface KeyOfRequest {
  readonly owner: string;
  readonly key: string;
}

export interface Claim extends KeyOfRequest {
  readonly operationId: string;
  readonly fingerprint: string;
  readonly token: string;
}

export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; null = the answer has no body. */
  readonly body: string | null;
}

export interface StoredRequest {
  readonly fingerprint: string;
  /** null = it is being worked on. */
  readonly answer: StoredAnswer | null;
}

/** A process that died holds a key for so long. */
const LOCK = `interval '30 seconds'`;
const KEPT = `interval '24 hours'`;

/** Keys are judged by the database's clock only: replicas may disagree about the time. */
@Injectable()
export class IdempotencyRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Takes a key that nobody has, that is older than a day, or whose request was left by a process that died.
   * @returns the id of the operation, which in the last case is that of the first attempt; null = somebody has the key
   */
  async claim({ owner, key, operationId, fingerprint, token }: Claim): Promise<string | null> {
    const rows: { operationId: string }[] = await this.dataSource.query(
      `INSERT INTO idempotency_keys AS old (owner, key, operation_id, fingerprint, token, locked_until)
       VALUES ($1, $2, $3, $4, $5, now() + ${LOCK})
       ON CONFLICT (owner, key) DO UPDATE SET
         operation_id = CASE WHEN old.created_at < now() - ${KEPT} THEN excluded.operation_id ELSE old.operation_id END,
         created_at = CASE WHEN old.created_at < now() - ${KEPT} THEN now() ELSE old.created_at END,
         fingerprint = excluded.fingerprint, token = excluded.token, locked_until = excluded.locked_until,
         status = NULL, headers = NULL, body = NULL
       WHERE (old.status IS NULL AND old.locked_until < now() AND old.fingerprint = excluded.fingerprint)
         OR (old.created_at < now() - ${KEPT} AND (old.status IS NOT NULL OR old.locked_until < now()))
       RETURNING operation_id AS "operationId"`,
      [owner, key, operationId, fingerprint, token],
    );
    return rows.at(0)?.operationId ?? null;
  }

  async find({ owner, key }: KeyOfRequest): Promise<StoredRequest | null> {
    const rows: {
      fingerprint: string;
      status: number | null;
      headers: Record<string, string> | null;
      body: string | null;
    }[] = await this.dataSource.query(
      `SELECT fingerprint, status, headers, body FROM idempotency_keys WHERE owner = $1 AND key = $2`,
      [owner, key],
    );
    const row = rows.at(0);
    if (row === undefined) return null;
    const { fingerprint, status, headers, body } = row;
    return { fingerprint, answer: status === null ? null : { status, headers: headers ?? {}, body } };
  }

  async renew({ owner, key, token }: Claim): Promise<void> {
    await this.dataSource.query(
      `UPDATE idempotency_keys SET locked_until = now() + ${LOCK}
       WHERE owner = $1 AND key = $2 AND token = $3 AND status IS NULL`,
      [owner, key, token],
    );
  }

  async finish({ owner, key, token }: Claim, { status, headers, body }: StoredAnswer): Promise<void> {
    await this.dataSource.query(
      `UPDATE idempotency_keys SET status = $4, headers = $5, body = $6
       WHERE owner = $1 AND key = $2 AND token = $3 AND status IS NULL`,
      [owner, key, token, status, JSON.stringify(headers), body],
    );
  }

  /** Forgets a request that failed, so that it may be sent again. */
  async release({ owner, key, token }: Claim): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM idempotency_keys WHERE owner = $1 AND key = $2 AND token = $3 AND status IS NULL`,
      [owner, key, token],
    );
  }

  /** @returns how many keys were a day old */
  async purge(): Promise<number> {
    const [, count] = await this.dataSource.query<[unknown, number]>(
      `DELETE FROM idempotency_keys
       WHERE created_at < now() - ${KEPT} AND (status IS NOT NULL OR locked_until < now())`,
    );
    return count;
  }
}
