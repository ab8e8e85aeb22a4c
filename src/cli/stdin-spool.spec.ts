import { execFileSync } from 'node:child_process';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { rejection, temporaryDirectory } from '../../test/support/temporary-directory.js';
import { AppError } from '../shared/errors.js';
import { spoolInput, type SpoolOptions } from './stdin-spool.js';

const root = temporaryDirectory('stdin');
let dataDir = '';
let count = 0;
beforeEach(() => {
  dataDir = join(root, `data-${++count}`);
});

const options = (changes: Partial<SpoolOptions> = {}): SpoolOptions => ({
  dataDir,
  maxBytes: 1_000_000,
  signal: new AbortController().signal,
  ...changes,
});
const left = (): string[] => readdirSync(join(dataDir, 'tmp'));
const text = (...pieces: string[]): Readable => Readable.from(pieces.map((piece) => Buffer.from(piece)));

describe('standard input as a file', () => {
  it('holds what came, for its owner only, until it is removed', async () => {
    const listeners = process.listenerCount('exit');
    const spooled = await spoolInput(text('{"logs":', '[]}'), options());
    expect(readFileSync(spooled.path, 'utf8')).toBe('{"logs":[]}');
    expect(statSync(spooled.path).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'tmp')).mode & 0o777).toBe(0o700);
    expect(process.listenerCount('exit')).toBe(listeners + 1);
    spooled.remove();
    spooled.remove();
    expect(left()).toEqual([]);
    expect(process.listenerCount('exit')).toBe(listeners);
  });

  it('may be empty: the reader says what is missing', async () => {
    const spooled = await spoolInput(text(), options());
    expect(statSync(spooled.path).size).toBe(0);
    spooled.remove();
  });

  it('is refused on a terminal', async () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const error = await rejection(() => spoolInput(terminal, options()));
    expect(error).toMatchObject({ code: 'usage', hint: expect.stringContaining('validate -') as string });
    expect(existsSync(dataDir)).toBe(false);
  });

  it('that is too large is refused while it comes, and leaves nothing', async () => {
    let sent = 0;
    const endless = new Readable({
      read() {
        sent += 1000;
        this.push(Buffer.alloc(1000));
      },
    });
    const error = await rejection(() => spoolInput(endless, options({ maxBytes: 5000 })));
    expect(error).toMatchObject({
      code: 'payload_too_large',
      message: '(standard input) is larger than the limit of 5000 bytes.',
    });
    expect(sent).toBeLessThan(500_000);
    expect(left()).toEqual([]);
  });

  it('that never comes is given up by an interrupt, and leaves nothing', async () => {
    const interrupt = new AbortController();
    const waiting = rejection(() => spoolInput(new PassThrough(), options({ signal: interrupt.signal })));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(left()).toHaveLength(1);
    interrupt.abort(new AppError('cancelled', 'Interrupted.'));
    expect(await waiting).toMatchObject({ code: 'cancelled' });
    expect(left()).toEqual([]);
  });

  it('that cannot be read is a fault of the input, not of the disk', async () => {
    mkdirSync(join(root, 'a-directory'), { recursive: true });
    const error = await rejection(() => spoolInput(createReadStream(join(root, 'a-directory')), options()));
    expect(error).toMatchObject({
      code: 'file_not_found',
      message: '(standard input) cannot be read (EISDIR).',
    });
    expect(left()).toEqual([]);
  });

  it('removes what a killed command left a day ago, and nothing else', async () => {
    const directory = join(dataDir, 'tmp');
    mkdirSync(directory, { recursive: true });
    for (const name of ['stdin-1-old', 'stdin-2-new', 'other']) writeFileSync(join(directory, name), '');
    const longAgo = Date.now() / 1000 - 25 * 60 * 60;
    for (const name of ['stdin-1-old', 'other']) utimesSync(join(directory, name), longAgo, longAgo);
    (await spoolInput(text('x'), options())).remove();
    expect(left().sort()).toEqual(['other', 'stdin-2-new']);
  });
});

/** A disk of 256 KiB where one can be mounted (root on Linux), else null. */
function smallDisk(): string | null {
  const directory = join(root, 'disk');
  mkdirSync(directory, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory], { stdio: 'ignore' });
    return directory;
  } catch {
    return null;
  }
}

describe('standard input and a full disk', () => {
  const disk = smallDisk();
  afterAll(() => {
    if (disk !== null) execFileSync('umount', [disk]);
  });

  it.skipIf(disk === null)('says so and leaves nothing', async () => {
    const source = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(10_000, 1)));
    dataDir = join(disk!, 'data');
    const error = await rejection(() => spoolInput(source, options({ maxBytes: 10_000_000 })));
    expect(error).toMatchObject({
      code: 'disk_full',
      message: expect.stringMatching(/no space left/) as string,
    });
    expect(left()).toEqual([]);
  });
});
