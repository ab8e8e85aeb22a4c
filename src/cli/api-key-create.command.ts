import { parseDateBound } from '../export/core/timestamp.js';
import { apiKeyJson } from '../platform/security/api-key-record.js';
import { ApiKeysService } from '../platform/security/api-keys.service.js';
import { isScope, SCOPES, type Scope } from '../platform/security/scopes.js';
import { AppError } from '../shared/errors.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { operator } from './operator.js';
import type { Output } from './output.js';
import { withApplication } from './with-application.js';

interface CreateOptions extends GlobalOptions {
  readonly name: string;
  readonly scope: string;
  readonly expires?: string;
}

const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS };
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const LONGEST_MS = 10 * 366 * 24 * HOUR_MS;

export async function run(_: readonly string[], options: CreateOptions, output: Output): Promise<void> {
  const scopes = scopesOf(options.scope);
  const nowMs = Date.now();
  const expiresAt = options.expires === undefined ? null : expiryOf(options.expires, nowMs);
  const config = configuration(options, output);
  const { key, record } = await withApplication(config, options, ({ context }) =>
    context.get(ApiKeysService).create({ name: options.name, scopes, expiresAt, actor: operator() }),
  );
  output.note('The key is shown this once; only its hash is kept. Send it as "Authorization: Bearer <key>".');
  if (config.values.api.key === null) {
    output.note('From now on the service answers nobody without a key, except for the health probes.');
  }
  output.result({ key, ...apiKeyJson(record, nowMs) }, () => key);
}

/** @throws AppError `usage` naming each scope that does not exist */
export function scopesOf(text: string): Scope[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = names.filter((name) => !isScope(name));
  if (names.length > 0 && unknown.length === 0) return names.filter(isScope);
  const what = names.length === 0 ? '--scope names no scope' : `--scope has no ${unknown.join(', no ')}`;
  throw new AppError('usage', `${what}.`, {
    hint: `Scopes are ${SCOPES.join(', ')}; admin includes all, train and deploy include read.`,
  });
}

/**
 * `12h`, `90d`, `4w` from now, or a day (to its end) or moment, UTC.
 * @throws AppError `usage` for other text, a moment that has passed, or one more than ten years away
 */
export function expiryOf(text: string, nowMs: number): Date {
  const span = /^(\d{1,6})([hdw])$/.exec(text);
  const atMs = span === null ? momentOf(text) : nowMs + Number(span[1]) * UNITS[span[2]];
  if (atMs > nowMs && atMs - nowMs <= LONGEST_MS) return new Date(atMs);
  throw new AppError('usage', `--expires ${JSON.stringify(text)} is not an end in the next ten years.`, {
    hint: 'Write a duration such as 12h, 90d or 4w, or a date such as 2027-01-31 (UTC).',
  });
}

/** ms since the epoch, NaN when it is no date. */
function momentOf(text: string): number {
  try {
    return parseDateBound(text, DAY.test(text) ? 'end' : 'start');
  } catch {
    return NaN;
  }
}
