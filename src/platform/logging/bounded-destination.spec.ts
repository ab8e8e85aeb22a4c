import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { AppLogger } from './app-logger.js';
import { BoundedDestination } from './bounded-destination.js';
import { boundedLogger } from './bounded-logger.js';
import type { TrainingServiceConfig } from '../config/schema/training-service-config.js';

/** A pipe whose reader can stop and go on. */
class Pipe extends Writable {
  readonly lines: string[] = [];
  private readonly held: (() => void)[] = [];
  stopped = false;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.lines.push(...chunk.toString().trimEnd().split('\n'));
    if (this.stopped) this.held.push(done);
    else done();
  }

  async resume(): Promise<void> {
    this.stopped = false;
    while (this.held.length > 0 || this.writableLength > 0) {
      this.held.shift()?.();
      await new Promise(setImmediate);
    }
  }
}

const MEGABYTE = 'x'.repeat(1024 * 1024);

describe('a log that nobody reads', () => {
  it('keeps 4 MiB, gives up the rest, and says how much is missing when it is read again', async () => {
    const pipe = new Pipe();
    const config = { logging: { level: 'INFO', format: 'json' } } as unknown as TrainingServiceConfig;
    const logger = boundedLogger(config, pipe);
    pipe.stopped = true;
    for (let i = 0; i < 10; i++) logger.log(MEGABYTE);
    expect(pipe.writableLength).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(logger.droppedLines).toBe(7);
    await pipe.resume();
    logger.log('after');
    const texts = pipe.lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(texts.slice(-2)).toEqual(['7 log lines are missing here: nobody read standard output', 'after']);
    expect(texts).toHaveLength(5);
    logger.log('once more');
    expect(pipe.lines.at(-2)).toContain('after');
  });

  it('is no reason to end the service when its reader has gone away', async () => {
    const pipe = new Pipe();
    const destination = new BoundedDestination(pipe);
    const logger = new AppLogger({ level: 'info', format: 'text', destination });
    pipe.destroy(new Error('EPIPE'));
    await new Promise(setImmediate);
    logger.log('into the void');
    expect(destination.dropped).toBe(1);
    expect(pipe.lines).toEqual([]);
  });
});

describe('the level of the log', () => {
  it.each(['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'])('may be %s', (level) => {
    const pipe = new Pipe();
    const config = { logging: { level, format: 'json' } } as unknown as TrainingServiceConfig;
    const logger = boundedLogger(config, pipe);
    logger.warn('a warning');
    logger.fatal('the end');
    expect(pipe.lines.length).toBe(['ERROR', 'CRITICAL'].includes(level) ? 1 : 2);
  });
});
