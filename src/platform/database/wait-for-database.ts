import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { isConnectionLoss } from './connection-loss.js';

const FIRST_PAUSE_MS = 500;
/** The service is ready within ten seconds of its database, so no pause may be long. */
const LONGEST_PAUSE_MS = 4_000;
const CONNECT_TIMEOUT_MS = 4_000;

/**
 * Resolves when the server answers. It is asked again and again while it cannot be reached: a database that starts
 * later than the service is no reason to end. A refusal (password, unknown database) is: no waiting changes it, and
 * whoever connects next reports it.
 *
 * @param onAway called once, with the first reason
 */
export async function waitForDatabase(
  url: string,
  {
    signal,
    onAway,
  }: { readonly signal: AbortSignal; readonly onAway: (reason: string) => Promise<void> | void },
): Promise<void> {
  let told = false;
  for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const failure = await attempt(url);
    if (failure === null || !isConnectionLoss(failure)) return;
    if (!told) await onAway(failure.message);
    told = true;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

async function attempt(url: string): Promise<Error | null> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
    application_name: 'mcp-training start',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return null;
  } catch (error) {
    // Without an address that answers, Node reports every address it tried as one error with an empty message.
    if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0];
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await client.end().catch(() => undefined);
  }
}
