import type { Writable } from 'node:stream';
import type { DestinationStream } from 'pino';

/** A burst of logging fits; a reader that has stopped costs no more memory than this. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/**
 * Standard output that never holds up the service: while nobody reads the pipe, lines wait up to a bound and are then
 * counted instead of kept. A reader that has gone away ends the logging, not the service.
 */
export class BoundedDestination implements DestinationStream {
  private unreported = 0;
  private total = 0;
  private broken = false;

  constructor(
    private readonly stream: Writable,
    /** Called with the number of lines that are missing, before the next line is written. */
    private readonly onResume: (dropped: number) => void = () => undefined,
  ) {
    stream.on('error', () => {
      this.broken = true;
    });
  }

  /** Lines that were given up since the start. */
  get dropped(): number {
    return this.total;
  }

  write(line: string): void {
    if (this.broken || this.stream.writableLength + line.length > MAX_WAITING_BYTES) {
      this.unreported += 1;
      this.total += 1;
      return;
    }
    const missing = this.unreported;
    this.unreported = 0;
    if (missing > 0) this.onResume(missing);
    this.stream.write(line);
  }
}
