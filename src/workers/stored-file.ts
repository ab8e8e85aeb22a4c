import { readSync } from 'node:fs';
import { AppError } from '../shared/errors.js';

export interface StoredFileOptions {
  readonly fd: number;
  /** Name shown to the user. */
  readonly name: string;
  /** Bytes the file had when it was opened: what is appended later belongs to the next export. */
  readonly size: number;
}

/**
 * Reads an open file by explicit positions: the position that the system keeps belongs to the descriptor, which
 * several threads may share.
 */
export class StoredFile {
  readonly fd: number;
  readonly name: string;
  readonly size: number;
  /** Next byte to be read. */
  position: number;

  constructor({ fd, name, size }: StoredFileOptions, from = 0) {
    this.fd = fd;
    this.name = name;
    this.size = size;
    this.position = from;
  }

  /** Reads on into `into[start, end)`, not beyond file position `to`; the bytes read, 0 = there are no more. */
  read(into: Uint8Array, start: number, end: number, to: number = this.size): number {
    const wanted = Math.min(end - start, to - this.position);
    if (wanted <= 0) return 0;
    const count = this.readAt(this.position, into, start, wanted);
    this.position += count;
    return count;
  }

  /** Looks at the bytes from `position` on, without moving; their number. */
  peek(position: number, into: Uint8Array): number {
    return this.readAt(position, into, 0, Math.max(0, Math.min(into.length, this.size - position)));
  }

  private readAt(position: number, into: Uint8Array, start: number, length: number): number {
    let total = 0;
    try {
      // Fewer bytes than asked for are allowed before the end (network file systems); only 0 means the end.
      for (let count = 1; count > 0 && total < length; total += count)
        count = readSync(this.fd, into, start + total, length - total, position + total);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw new AppError(
        'unavailable',
        `${this.name} cannot be read beyond byte ${decimal(position + total)} (${code}).`,
        { cause: error, hint: 'Check the disk or the network share that the file is on, then try again.' },
      );
    }
    return total;
  }
}

/** 1234567 as 1,234,567. */
export function decimal(value: number): string {
  return value.toLocaleString('en-US');
}
