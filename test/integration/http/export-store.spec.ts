import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { ExportStore } from '../../../src/export/export-store.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';

const root = temporaryDirectory('exports');
let count = 0;
let directory = '';
let store: ExportStore;

/** The bench of the security page: a canary outside, a sibling with the same prefix, and every kind of odd file. */
beforeEach(() => {
  const bench = join(root, `bench-${++count}`);
  directory = join(bench, 'exports');
  store = new ExportStore(directory);
  mkdirSync(join(directory, 'june'), { recursive: true });
  mkdirSync(join(bench, 'exports-evil'));
  writeFileSync(join(bench, 'secret.txt'), 'CANARY');
  writeFileSync(join(bench, 'exports-evil', 'x.json'), 'CANARY 2');
  writeFileSync(join(directory, 'ok.json'), '{}');
  writeFileSync(join(directory, 'june', 'day 1.json'), '{}');
  writeFileSync(join(directory, '.tmp-123'), 'half');
  symlinkSync(join(bench, 'secret.txt'), join(directory, 'link.json'));
  symlinkSync('ok.json', join(directory, 'inner-link.json'));
  symlinkSync(join(bench, 'exports-evil'), join(directory, 'outside'));
  linkSync(join(bench, 'secret.txt'), join(directory, 'hard.json'));
  mkdirSync(join(directory, 'dir.json'));
  execFileSync('mkfifo', [join(directory, 'fifo.json')]);
  symlinkSync('/dev/zero', join(directory, 'dev.json'));
});

describe('a path from the network', () => {
  it.each([
    ['ok.json', 'ok.json'],
    ['exports/ok.json', 'ok.json'],
    ['june/day 1.json', 'june/day 1.json'],
    ['exports/june/day 1.json', 'june/day 1.json'],
  ])('%j names a file inside', (name, storedKey) => {
    expect(store.resolve(name)).toEqual({ path: join(directory, storedKey), storedKey });
  });

  it.each([
    ['S01 climbs out', '../../../../srv/canary/secret.txt'],
    ['S01 climbs out from inside', 'june/../../secret.txt'],
    ['S01 climbs to itself', 'june/../ok.json'],
    ['S02 is absolute', '/etc/passwd'],
    ['S02 is a process file', '/proc/self/environ'],
    ['S04 has a fragment', 'http:///#/../../../../srv/canary/'],
    ['S04 has a query', 'exports/ok.json?/../../x'],
    ['S04 has a fragment behind the name', 'ok.json#/../../x'],
    ['S05 is encoded', '%2e%2e/secret.txt'],
    ['S05 is encoded twice', '%252e%252e%252fsecret.txt'],
    ['S07 holds a NUL', 'ok.json\u0000.png'],
    ['S07 holds a newline', 'ok\n.json'],
    ['S07 ends with a newline', 'ok.json\n'],
    ['S07 turns the writing direction', 'ok\u202Ejson'],
    ['S08 is a Windows path', '..\\..\\x'],
    ['S08 has a drive', 'C:\\x'],
    ['S08 is a UNC path', '\\\\host\\share\\x'],
    ['S08 has two slashes', '//proc/self/root/etc/passwd'],
    ['S10 is a symbolic link outside', 'link.json'],
    ['S10 is a symbolic link inside', 'inner-link.json'],
    ['S10 is a hard link', 'hard.json'],
    ['S10 goes through a linked directory', 'outside/x.json'],
    ['S11 is a FIFO', 'fifo.json'],
    ['S11 is a device', 'dev.json'],
    ['S11 is a directory', 'dir.json'],
    ['S11 is the directory itself', ''],
    ['S11 is a dot', '.'],
    ['S13 is overlong', `${'a/'.repeat(300)}x.json`],
    ['S13 has an overlong name', `${'a'.repeat(300)}.json`],
    ['is a sibling with the same prefix', '../exports-evil/x.json'],
    ['is a sibling with the same prefix, spelled as the seeds do', 'exports/../../exports-evil/x.json'],
    ['is an upload in progress', '.tmp-123'],
    ['does not exist', 'nothing.json'],
    ['has nothing after the slash', 'june/'],
  ])('%s: refused, always with the same answer', async (_case, name) => {
    const error = await rejection(() => store.resolve(name));
    const unknown = await rejection(() => store.resolve('no-such-file.json'));
    expect(error).toMatchObject({ code: 'export_not_allowed', message: unknown.message });
  });

  it('is refused when there is no exports directory', async () => {
    rmSync(directory, { recursive: true });
    expect(await rejection(() => store.resolve('ok.json'))).toMatchObject({ code: 'export_not_allowed' });
  });
});

describe('an upload', () => {
  const of = (...pieces: string[]) => Readable.from(pieces.map((piece) => Buffer.from(piece)));
  const uploads = () =>
    readdirSync(directory).filter((name) => name.startsWith('.tmp-') && name !== '.tmp-123');

  it('is stored whole, with its size and SHA-256', async () => {
    const stored = await store.save(of('a', 'b', 'c'), 'new.json', 10);
    // SHA-256 of "abc", FIPS 180-2 appendix B.1.
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(stored).toEqual({ storedKey: 'new.json', sizeBytes: 3, sha256 });
    expect(readFileSync(join(directory, 'new.json'), 'utf8')).toBe('abc');
    expect(store.resolve('new.json').storedKey).toBe('new.json');
  });

  it('of exactly the limit is taken, one byte more is not', async () => {
    expect((await store.save(of('12345', '67890'), 'ten.json', 10)).sizeBytes).toBe(10);
    const error = await rejection(() => store.save(of('12345', '678901'), 'eleven.json', 10));
    expect(error).toMatchObject({ code: 'payload_too_large' });
    expect(existsSync(join(directory, 'eleven.json'))).toBe(false);
    expect(uploads()).toEqual([]);
  });

  it('never overwrites: ten of one name at once get ten names', async () => {
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, i) => store.save(of(`${i}`), 'same.json', 10)),
    );
    expect(new Set(all.map(({ storedKey }) => storedKey)).size).toBe(10);
    expect(all.map(({ storedKey }) => readFileSync(join(directory, storedKey), 'utf8'))).toEqual(
      Array.from({ length: 10 }, (_, i) => `${i}`),
    );
    expect(uploads()).toEqual([]);
  });

  it('that is complete once gets one name, however many find it complete', async () => {
    for (let round = 0; round < 20; round++) {
      const staging = store.stagingPath(`partial-${round}`);
      writeFileSync(staging, 'whole');
      const ends = await Promise.allSettled([1, 2, 3].map(() => store.adopt(staging, `whole-${round}.json`)));
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const names = readdirSync(directory).filter((name) => /^whole-\d+(_\d+)?\.json$/.test(name));
      expect(names).toHaveLength(round + 1);
    }
  });

  it('does not overwrite a link either', async () => {
    const { storedKey } = await store.save(of('x'), 'link.json', 10);
    expect(storedKey).toBe('link_2.json');
    expect(readFileSync(join(directory, 'link.json'), 'utf8')).toBe('CANARY');
  });

  it('whose stream breaks off leaves nothing', async () => {
    const broken = new Readable({
      read() {
        this.push(Buffer.from('half'));
        this.destroy(new Error('connection reset'));
      },
    });
    expect(await rejection(() => store.save(broken, 'broken.json', 100))).toMatchObject({
      code: 'unavailable',
    });
    expect(existsSync(join(directory, 'broken.json'))).toBe(false);
    expect(uploads()).toEqual([]);
  });

  it('that fills the disk says so and leaves nothing', async () => {
    const full = new Readable({
      read() {
        this.destroy(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
      },
    });
    expect(await rejection(() => store.save(full, 'big.json', 100))).toMatchObject({ code: 'disk_full' });
    expect(existsSync(join(directory, 'big.json'))).toBe(false);
    expect(uploads()).toEqual([]);
  });

  it('into a directory that cannot be made is unavailable', async () => {
    writeFileSync(join(root, `file-${count}`), '');
    const nowhere = new ExportStore(join(root, `file-${count}`, 'exports'));
    expect(await rejection(() => nowhere.save(of('x'), 'x.json', 10))).toMatchObject({ code: 'unavailable' });
  });

  it.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\evil\\x.json', 'x.json'],
    ['.hidden', 'hidden'],
    ['a\u0000b\n.json', 'a_b_.json'],
    ['', 'export'],
    ['...', 'export'],
    ['Ünïcode \u202Ename.json', 'n_code_name.json'],
    [`${'x'.repeat(500)}.json`, 'x'.repeat(120)],
  ])('called %j is stored under a plain name', async (name, expected) => {
    const { storedKey } = await store.save(of('x'), name, 10);
    expect(storedKey).toBe(expected);
    expect(store.resolve(storedKey).storedKey).toBe(expected);
  });
});

describe('removal', () => {
  it('deletes a stored file; one that is gone already is no error', () => {
    store.remove('ok.json');
    expect(existsSync(join(directory, 'ok.json'))).toBe(false);
    store.remove('ok.json');
  });

  it('follows no path outside', () => {
    store.remove('../exports-evil/x.json');
    store.remove('outside/x.json');
    expect(readFileSync(join(directory, '../exports-evil/x.json'), 'utf8')).toBe('CANARY 2');
  });

  it('of abandoned uploads spares the young ones', () => {
    const now = Date.now();
    writeFileSync(join(directory, '.tmp-old'), '');
    const old = now / 1000 - 25 * 3600;
    utimesSync(join(directory, '.tmp-old'), old, old);
    store.removeAbandonedUploads(now);
    expect(existsSync(join(directory, '.tmp-old'))).toBe(false);
    expect(existsSync(join(directory, '.tmp-123'))).toBe(true);
    unlinkSync(join(directory, '.tmp-123'));
    new ExportStore(join(root, 'nowhere')).removeAbandonedUploads(now);
  });
});
