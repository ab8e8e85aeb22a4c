import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { renameDurably, writeFailure, writeFileDurably } from './durable-files.js';
import { decodeCursor, encodeCursor, toPage } from './http/page.js';
import { AppLogger } from './logging/app-logger.js';
import { hostIdentity, isKnownDead, isProcessAlive, processIdentity } from './process-identity.js';

const directory = mkdtempSync(join(tmpdir(), 'mcp-training-platform-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('durable files', () => {
  it('hold what was written, text as UTF-8', () => {
    const path = join(directory, 'a');
    writeFileDurably(path, 'a longer text');
    writeFileDurably(path, 'Köln');
    expect(readFileSync(path)).toEqual(Buffer.from('Köln', 'utf8'));
    renameDurably(path, join(directory, 'b'));
    expect(readFileSync(join(directory, 'b'), 'utf8')).toBe('Köln');
  });

  it('write a view of a larger buffer, not the buffer', () => {
    const path = join(directory, 'view');
    writeFileDurably(path, new Uint8Array([1, 2, 3, 4]).subarray(1, 3));
    expect(Array.from(readFileSync(path))).toEqual([2, 3]);
  });

  it('name path and reason of a failure', () => {
    writeFileSync(join(directory, 'file'), '');
    const path = join(directory, 'file', 'below');
    expect(() => {
      writeFileDurably(path, '');
    }).toThrow(
      expect.objectContaining({
        code: 'unavailable',
        message: expect.stringContaining(path) as string,
      }) as Error,
    );
  });

  it.each(['ENOSPC', 'EDQUOT'])('call %s a full disk', (code) => {
    const error = Object.assign(new Error(code), { code });
    expect(writeFailure('/models', error)).toMatchObject({ code: 'disk_full', cause: error });
  });
});

describe('process identities', () => {
  const dead = Number(
    execFileSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' }),
  );

  it('tell living processes from ended ones', () => {
    expect(isProcessAlive(process.pid)).toBe(true);
    expect(isProcessAlive(1)).toBe(true);
    expect(isProcessAlive(dead)).toBe(false);
  });

  it('judge processes of this machine only', () => {
    expect(isKnownDead(processIdentity())).toBe(false);
    expect(isKnownDead(`${hostIdentity()}:${dead}`)).toBe(true);
    expect(isKnownDead(`another-host:${dead}`)).toBe(false);
    expect(isKnownDead(`${hostIdentity()}:what`)).toBe(false);
    expect(isKnownDead('')).toBe(false);
  });
});

describe('pages', () => {
  const rows = Array.from({ length: 5 }, (_, i) => ({
    createdAt: `2024-01-01T00:00:0${i}.000Z`,
    id: `00000000-0000-4000-8000-00000000000${i}`,
  }));

  it('have a next one only when there is a row more', () => {
    expect(
      toPage(
        rows,
        5,
        ({ id }) => id,
        (row) => row,
      ).next_cursor,
    ).toBeNull();
    const page = toPage(
      rows,
      4,
      ({ id }) => id,
      (row) => row,
    );
    expect(page.items).toEqual(rows.slice(0, 4).map(({ id }) => id));
    expect(decodeCursor(page.next_cursor ?? '')).toEqual(rows[3]);
    expect(
      toPage(
        [],
        4,
        () => '',
        () => rows[0],
      ),
    ).toEqual({ items: [], next_cursor: null });
  });

  it('take the ids of their own list only', () => {
    const cursor = encodeCursor({ createdAt: '2024-01-01T00:00:00.000Z', id: '20240101_120000' });
    expect(decodeCursor(cursor, /^[\d_]+$/)?.id).toBe('20240101_120000');
    expect(() => decodeCursor(cursor)).toThrow(/cursor/);
    expect(decodeCursor(undefined)).toBeUndefined();
  });
});

describe('the log', () => {
  const FORGED = 'a\n{"level":30,"msg":"promoted"}\u001b[2J';

  function logged(format: 'json' | 'text', write: (logger: AppLogger) => void): string {
    let lines = '';
    const destination = { write: (line: string) => void (lines += line) };
    write(new AppLogger({ level: 'debug', format, destination }));
    return lines;
  }

  it.each(['json', 'text'] as const)('in %s keeps a message on one line', (format) => {
    const lines = logged(format, (logger) => {
      logger.log(FORGED, FORGED);
    });
    expect(lines.split('\n').length).toBe(2);
    expect(lines).not.toContain('\u001b');
  });

  it('in text indents a stack, so that no line of it looks like one of the log', () => {
    const lines = logged('text', (logger) => {
      logger.error('failed', new Error('x\n2024-01-01 INFO promoted'));
    });
    const rest = lines.trimEnd().split('\n').slice(1);
    expect(rest.length).toBeGreaterThan(2);
    expect(rest.every((line) => line.startsWith('    '))).toBe(true);
  });

  it('has context and error of a message', () => {
    const line = logged('json', (logger) => {
      logger.error('failed', new TypeError('broke'), 'request-1');
    });
    expect(JSON.parse(line)).toMatchObject({
      msg: 'failed',
      context: 'request-1',
      err: { type: 'TypeError', message: 'broke' },
    });
  });

  it('does not lose an error that is the message', () => {
    const line = logged('json', (logger) => {
      logger.error(new TypeError('broke'));
    });
    expect(JSON.parse(line)).toMatchObject({ msg: 'broke', err: { type: 'TypeError' } });
  });

  it('writes nothing below its level', () => {
    expect(
      logged('json', (logger) => {
        logger.verbose('detail');
      }),
    ).toBe('');
  });
});
