import { address, authorization } from './client.js';
import { keyStore } from './key-store.js';
import { problemOf } from './problem.js';

export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/**
 * Server-sent events by fetch, which can send a key where EventSource cannot. Connects again after `retry`, from the
 * last event on, until `isLast` or the signal ends it.
 */
export async function follow(
  path: string,
  onEvent: (event: ServerEvent) => void,
  isLast: (event: ServerEvent) => boolean,
  signal: AbortSignal,
): Promise<void> {
  let lastId = '';
  let pauseMs = 2000;
  const isDone = (): boolean => signal.aborted;
  while (!isDone()) {
    try {
      const response = await fetch(address(path), {
        headers: {
          Accept: 'text/event-stream',
          ...authorization(),
          ...(lastId === '' ? {} : { 'Last-Event-ID': lastId }),
        },
        signal,
        cache: 'no-store',
      });
      if (response.status === 401) keyStore.needed();
      if (!response.ok || response.body === null) throw await problemOf(response);
      for await (const block of blocks(response.body)) {
        pauseMs = retryOf(block) ?? pauseMs;
        const event = parseEvent(block);
        if (event === null) continue;
        if (event.id !== '') lastId = event.id;
        onEvent(event);
        if (isLast(event)) return;
      }
    } catch {
      if (isDone()) return;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function* blocks(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    pending += decoder.decode(value, { stream: true });
    const parts = pending.split(/\r?\n\r?\n/);
    pending = parts.pop() ?? '';
    yield* parts;
  }
}

function retryOf(block: string): number | null {
  const text = /^retry:\s*(\d+)/m.exec(block)?.[1];
  return text === undefined ? null : Number(text);
}

export function parseEvent(block: string): ServerEvent | null {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, '');
    const name = line.slice(0, colon);
    fields.set(name, name === 'data' && fields.has(name) ? `${fields.get(name) ?? ''}\n${value}` : value);
  }
  const data = fields.get('data');
  if (data === undefined) return null;
  try {
    return {
      id: fields.get('id') ?? '',
      event: fields.get('event') ?? 'message',
      data: JSON.parse(data) as unknown,
    };
  } catch {
    return null;
  }
}
