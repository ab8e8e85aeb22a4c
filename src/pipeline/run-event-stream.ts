import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Request, Response } from 'express';
import { isTerminal } from '../training/core/run-status.js';
import { TrainingRunsService } from '../training/training-runs.service.js';

const POLL_MS = 500;
const HEARTBEAT_MS = 15_000;
const BATCH = 200;

/**
 * Server-sent events of a run, read from the database, so that any replica answers and a reconnecting client resumes
 * after its Last-Event-ID. Events: `progress`, then one of `done` and `error`; `shutdown` when the server stops.
 */
@Injectable()
export class RunEventStream implements BeforeApplicationShutdown {
  private readonly shutdown = new AbortController();

  constructor(private readonly runs: TrainingRunsService) {}

  beforeApplicationShutdown(): void {
    this.shutdown.abort();
  }

  async send(trainingId: string, afterSequence: number, request: Request, response: Response): Promise<void> {
    const gone = new AbortController();
    request.on('close', () => {
      gone.abort();
    });
    const stop = AbortSignal.any([gone.signal, this.shutdown.signal]);
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write('retry: 2000\n\n');
    await this.follow(trainingId, afterSequence, stop, response);
    if (this.shutdown.signal.aborted) response.write('event: shutdown\ndata: {}\n\n');
    response.end();
  }

  private async follow(
    trainingId: string,
    afterSequence: number,
    stop: AbortSignal,
    response: Response,
  ): Promise<void> {
    let sequence = afterSequence;
    let quietMs = 0;
    while (!stop.aborted) {
      const events = await this.runs.eventsAfter(trainingId, sequence, BATCH);
      for (const event of events) {
        sequence = event.sequence;
        // JSON.stringify leaves no bare newline: no message can start an event of its own.
        const data = JSON.stringify({
          progress: event.progress,
          step: event.step,
          message: event.message,
          data: event.data,
          at: event.createdAt,
          type: event.type,
        });
        response.write(`id: ${sequence}\nevent: ${eventName(event.type)}\ndata: ${data}\n\n`);
      }
      if (events.length === 0) {
        const run = await this.runs.find(trainingId);
        if (run === null || isTerminal(run.status)) return;
        quietMs += POLL_MS;
        if (quietMs >= HEARTBEAT_MS) {
          response.write(': still here\n\n');
          quietMs = 0;
        }
        await sleep(POLL_MS, undefined, { signal: stop }).catch(() => undefined);
      }
    }
  }
}

function eventName(type: string): 'progress' | 'done' | 'error' {
  if (type === 'completed' || type === 'rejected') return 'done';
  return type === 'failed' || type === 'cancelled' ? 'error' : 'progress';
}
