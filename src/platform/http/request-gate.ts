import type { IncomingMessage, ServerResponse } from 'node:http';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

interface Waiting {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface GateLimits {
  /** Requests whose answer has not begun. A few more than the database has connections for this process. */
  readonly atOnce: number;
  /** Whoever has no answer after so long waits for something else than this thread, and holds nobody up. */
  readonly holdMs: number;
}

const LIMITS: GateLimits = { atOnce: 8, holdMs: 250 };
/** Answered at once: it asks nothing but whether this thread is alive. */
const ALIVE = /^\/(?:api\/v1|v2)\/health\/live(?:\?|$)/;
/** Before all others, and not counted: an orchestrator that gets no answer takes the traffic away. */
const PROBE = /^\/(?:api\/v1\/health(?:\/\w+)?|v2\/health\/\w+)(?:\?|$)/;
const arrivals = new WeakMap<IncomingMessage, number>();

/** When a request arrived, by `performance.now()`: waiting is a part of how long its answer took. */
export const arrivalOf = (request: IncomingMessage): number => arrivals.get(request) ?? performance.now();

/**
 * Lets requests begin one after the other, one in each turn of the event loop. All requests that have arrived would
 * otherwise begin in the same turn, and a probe that comes next would wait for every one of them.
 */
export function requestGate(listener: Listener, limits: GateLimits = LIMITS): Listener {
  const gate = new Gate(listener, limits);
  return (request, response) => {
    arrivals.set(request, performance.now());
    if (ALIVE.test(request.url ?? '')) listener(request, response);
    else gate.add({ request, response });
  };
}

class Gate {
  private readonly probes = new WaitingLine();
  private readonly others = new WaitingLine();
  private begun = 0;
  private isScheduled = false;

  constructor(
    private readonly listener: Listener,
    private readonly limits: GateLimits,
  ) {}

  add(waiting: Waiting): void {
    (PROBE.test(waiting.request.url ?? '') ? this.probes : this.others).add(waiting);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled || (this.probes.isEmpty() && !this.mayBegin())) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.beginNext();
      this.schedule();
    });
  }

  private mayBegin(): boolean {
    return this.begun < this.limits.atOnce && !this.others.isEmpty();
  }

  private beginNext(): void {
    const probe = this.probes.take();
    const other = probe === undefined && this.mayBegin() ? this.others.take() : undefined;
    if (other !== undefined) {
      this.begun++;
      whenAnswering(other.response, this.limits.holdMs, () => {
        this.begun--;
        this.schedule();
      });
    }
    const next = probe ?? other;
    if (next !== undefined) this.listener(next.request, next.response);
  }
}

/** Calls `done` once: when the head of the answer is written, the connection is gone, or `holdMs` have passed. */
function whenAnswering(response: ServerResponse, holdMs: number, done: () => void): void {
  let isDone = false;
  const finish = (): void => {
    if (isDone) return;
    isDone = true;
    clearTimeout(timer);
    done();
  };
  const timer = setTimeout(finish, holdMs).unref();
  response.once('close', finish);
  const writeHead = response.writeHead.bind(response);
  response.writeHead = ((...head: Parameters<typeof writeHead>) => {
    finish();
    return writeHead(...head);
  }) as typeof response.writeHead;
}

/** First come, first served; whoever has gone meanwhile is left out. */
class WaitingLine {
  private line: Waiting[] = [];
  private from = 0;

  add(waiting: Waiting): void {
    this.line.push(waiting);
  }

  isEmpty(): boolean {
    return this.from === this.line.length;
  }

  take(): Waiting | undefined {
    while (!this.isEmpty()) {
      const waiting = this.line[this.from++];
      if (this.isEmpty() || this.from > 1_000) {
        this.line = this.line.slice(this.from);
        this.from = 0;
      }
      if (!waiting.response.destroyed) return waiting;
    }
    return undefined;
  }
}
