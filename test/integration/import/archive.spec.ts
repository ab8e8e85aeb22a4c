import { readdirSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { gzipSync, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readForeignPackage } from '../../../src/deployment/import/foreign-package.js';
import {
  detectModelFile,
  MAX_MODEL_FILE_BYTES,
  readModelFile,
} from '../../../src/deployment/import/model-file.js';
import { readArchive } from '../../../src/deployment/import/read-archive.js';
import { zipFiles } from '../../../src/deployment/package-zip.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';
import { unixMode, zipBytes, type ZipEntryBytes } from '../../support/zip-bytes.js';

const MIB = 1024 * 1024;
const WANTED = new Map([
  ['a.json', MIB],
  ['b.json', MIB],
]);
const good: ZipEntryBytes = { name: 'a.json', data: '{"a":1}' };
/** Nothing that deflates well, the same each time. */
const noise = (bytes: number): Buffer => {
  const data = Buffer.alloc(bytes);
  for (let i = 0, state = 1; i < bytes; i++)
    data[i] = (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 16;
  return data;
};

describe('reading an archive from elsewhere', () => {
  it('reads what a library wrote, and only what is wanted', async () => {
    const bytes = await zipFiles([
      ['a.json', Buffer.from('{"a":1}')],
      ['model.joblib', noise(50_000)],
    ]);
    const { names, files } = await readArchive(bytes, WANTED);
    expect(names).toEqual(['a.json', 'model.joblib']);
    expect([...files.entries()].map(([name, data]) => [name, data.toString()])).toEqual([
      ['a.json', '{"a":1}'],
    ]);
  });

  it('reads the archives that these tests write by hand', async () => {
    const bytes = zipBytes([good, { name: 'b.json', data: 'stored', stored: true }]);
    const { files } = await readArchive(bytes, WANTED);
    expect(files.get('b.json')?.toString()).toBe('stored');
  });

  it.each<[string, Buffer, RegExp]>([
    ['a parent directory', zipBytes([good, { name: '../../../../srv/canary/pwn' }]), /no plain file name/],
    [
      'a sibling with the same beginning',
      zipBytes([good, { name: '../models2/evil.txt' }]),
      /no plain file name/,
    ],
    ['an absolute path', zipBytes([good, { name: '/abs/pwn' }]), /no plain file name/],
    ['backslashes', zipBytes([good, { name: '..\\..\\pwn' }]), /no plain file name/],
    ['a drive', zipBytes([good, { name: 'C:pwn' }]), /no plain file name/],
    ['a directory', zipBytes([good, { name: 'folder/' }]), /no plain file name/],
    ['a file in a directory', zipBytes([good, { name: 'folder/b.json' }]), /no plain file name/],
    ['a directory without a slash', zipBytes([{ ...good, externalAttributes: 0x10 }]), /is a directory/],
    ['a hidden file', zipBytes([good, { name: '.bashrc' }]), /no plain file name/],
    ['an empty name', zipBytes([good, { name: '' }]), /no plain file name/],
    ['a NUL in a name', zipBytes([good, { name: 'b.json\0.png' }]), /no plain file name/],
    ['terminal codes in a name', zipBytes([good, { name: 'b\u001b[2J' }]), /"b\?\[2J" is no plain/],
    [
      'another name in the local header',
      zipBytes([{ ...good, localName: '../../x' }]),
      /described in two ways/,
    ],
    [
      'a second name',
      zipBytes([{ ...good, extra: Buffer.from([0x75, 0x70, 1, 0, 1]) }]),
      /has a second name/,
    ],
    [
      'a symbolic link',
      zipBytes([good, { name: 'b.json', data: '/etc/passwd', externalAttributes: unixMode(0o120777) }]),
      /is a link/,
    ],
    ['a device', zipBytes([{ ...good, externalAttributes: unixMode(0o020666) }]), /special file/],
    ['an entry twice', zipBytes([good, good]), /is there twice/],
    ['an encrypted entry', zipBytes([{ ...good, flags: 1 }]), /is encrypted/],
    ['strong encryption', zipBytes([{ ...good, flags: 0x41 }]), /damaged|encrypted/],
    ['an unknown method', zipBytes([{ ...good, method: 99 }]), /method 99/],
    [
      '65 entries',
      zipBytes(Array.from({ length: 65 }, (_, i) => ({ name: `f${i}` }))),
      /65 entries, at most 64/,
    ],
    [
      'ten thousand entries',
      zipBytes(Array.from({ length: 10_000 }, (_, i) => ({ name: `f${i}` }))),
      /10000 entries/,
    ],
    [
      'a declared size of 4 GB',
      zipBytes([{ ...good, claimedSize: 0xfffffffe }]),
      /unpacks to 4294967294 bytes/,
    ],
    [
      'sizes that add up to too much',
      zipBytes(
        Array.from({ length: 3 }, (_, i) => ({
          name: `f${i}`,
          data: noise(1_000_000),
          stored: false,
          claimedSize: 90 * MIB,
        })),
      ),
      /it unpacks to \d+ bytes/,
    ],
    [
      'a thousandfold entry',
      zipBytes([good, { name: 'zeros.bin', data: Buffer.alloc(10 * MIB) }]),
      /more than 100 times/,
    ],
    [
      'many small bombs',
      zipBytes(Array.from({ length: 60 }, (_, i) => ({ name: `f${i}`, data: Buffer.alloc(60_000) }))),
      /it unpacks to more than 100 times/,
    ],
    [
      'more data than announced',
      zipBytes([{ ...good, data: Buffer.alloc(4 * MIB), claimedSize: 60_000 }]),
      /damaged|announces/,
    ],
    ['less data than announced', zipBytes([{ ...good, claimedSize: 60_000 }]), /damaged/],
    ['a wrong checksum', zipBytes([{ ...good, crc: 1 }]), /checksum/],
    [
      'an entry larger than its kind may be',
      zipBytes([{ ...good, data: noise(2 * MIB) }]),
      /at most 1048576 are read/,
    ],
    [
      'entries that share their bytes',
      zipBytes([
        { ...good, data: noise(1000) },
        { name: 'b.json', data: noise(1000), localName: 'a.json', offsetOf: 0 },
      ]),
      /described in two ways|share/,
    ],
    ['fewer entries than announced', zipBytes([good], { entries: 2 }), /damaged/],
  ])('refuses the whole archive for %s', async (_, bytes, words) => {
    const error = await rejection(() => readArchive(bytes, WANTED));
    expect(error).toMatchObject({ code: 'validation_failed' });
    expect(error.message).toMatch(words);
  });

  it('refuses overlapping entries also when their names agree', async () => {
    // The second header lies inside the data of the first entry, which is stored.
    const inner = zipBytes([{ name: 'b.json', data: noise(200), stored: true }]);
    const data = inner.subarray(0, 30 + 6 + 200);
    const outer = zipBytes([{ name: 'a.json', data, stored: true }]);
    const central = zipBytes([{ name: 'b.json', data: noise(200), stored: true }]).subarray(236, 236 + 52);
    central.writeUInt32LE(36, 42);
    const end = Buffer.from(outer.subarray(-22));
    end.writeUInt16LE(2, 8);
    end.writeUInt16LE(2, 10);
    const error = await rejection(() =>
      readArchive(Buffer.concat([outer.subarray(0, -22), central, end]), WANTED),
    );
    expect(error.message).toMatch(/"a.json" and "b.json" share their bytes/);
  });

  it('refuses an archive wherever it is cut off', async () => {
    const bytes = zipBytes([good, { name: 'b.json', data: noise(300) }]);
    for (let length = 0; length < bytes.length; length++) {
      const error = await rejection(() => readArchive(Buffer.from(bytes.subarray(0, length)), WANTED));
      expect(error, `${length} bytes`).toMatchObject({ code: 'validation_failed' });
    }
  });

  it('answers with a refusal or the right data, whichever byte is changed', async () => {
    const bytes = zipBytes([good, { name: 'b.json', data: noise(100) }]);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] ^= 0xff;
      try {
        const { files } = await readArchive(changed, WANTED);
        for (const [name, data] of files) {
          expect(data.equals(name === 'a.json' ? Buffer.from('{"a":1}') : noise(100)), `byte ${at}`).toBe(
            true,
          );
        }
      } catch (error) {
        expect(error, `byte ${at}`).toMatchObject({ code: 'validation_failed' });
      }
    }
  });

  it('never opens an archive in the archive', async () => {
    const bomb = zipBytes([{ name: '../pwn', data: Buffer.alloc(MIB) }]);
    const { files } = await readArchive(
      zipBytes([good, { name: 'nested.zip', data: bomb, stored: true }]),
      WANTED,
    );
    expect([...files.keys()]).toEqual(['a.json']);
  });

  it('takes no memory from a size that is only claimed', async () => {
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 20; i++) {
      await rejection(() => readArchive(zipBytes([{ ...good, claimedSize: 0xfffffffe }]), WANTED));
      await rejection(() =>
        readArchive(zipBytes([{ name: 'a.json', data: Buffer.alloc(20 * MIB) }]), WANTED),
      );
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });
});

describe('what kind of file it is', () => {
  const directory = temporaryDirectory('model-file');

  it.each<[string, Buffer, RegExp]>([
    [
      'a pickle named model.onnx',
      Buffer.from('\x80\x04\x95\x20\0\0\0\0\0\0\0\x8c\x05posix', 'latin1'),
      /pickles are never read/,
    ],
    [
      'a pickle of protocol 2 named x.zip',
      Buffer.from('\x80\x02cposix\nsystem\n', 'latin1'),
      /pickles are never read/,
    ],
    ['a pickle of protocol 5 named x.json', Buffer.from('\x80\x05K*.', 'latin1'), /pickles are never read/],
    ['gzip', gzipSync('x'), /gzip/],
    ['zlib', deflateSync(Buffer.from('x')), /zlib/],
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]), /zstd/],
    ['JSON', Buffer.from('{"tree":1}'), /JSON/],
    ['a web page', Buffer.from('<html>'), /neither/],
    ['a program', Buffer.from('\x7fELF', 'latin1'), /neither/],
    ['nothing', Buffer.alloc(0), /is empty/],
  ])('refuses %s', async (_, bytes, words) => {
    const error = await rejection(() => detectModelFile(bytes, 'model.onnx'));
    expect(error).toMatchObject({ code: 'validation_failed' });
    expect(error.message).toMatch(words);
  });

  it('goes by the content, not by the name', () => {
    expect(detectModelFile(zipBytes([good]), 'x.onnx')).toBe('package');
    expect(detectModelFile(Buffer.from([0x08, 0x08]), 'x.zip')).toBe('onnx');
  });

  it('reads regular files only, and only so much', async () => {
    execFileSync('mkfifo', [join(directory, 'fifo')]);
    writeFileSync(join(directory, 'empty'), '');
    writeFileSync(join(directory, 'large'), '');
    execFileSync('truncate', ['-s', String(MAX_MODEL_FILE_BYTES + 1), join(directory, 'large')]);
    const read = (name: string) => readModelFile(join(directory, name), name, { noFollow: true });
    expect(read('empty').length).toBe(0);
    expect(await rejection(() => read('fifo'))).toMatchObject({ code: 'validation_failed' });
    expect(await rejection(() => read('.'))).toMatchObject({ code: 'validation_failed' });
    expect(await rejection(() => read('large'))).toMatchObject({ code: 'payload_too_large' });
    expect(await rejection(() => read('none'))).toMatchObject({ code: 'file_not_found' });
    expect(readdirSync(directory).length).toBe(3);
  });
});

describe('a package that cannot be used', () => {
  it.each<[string, ZipEntryBytes[], RegExp]>([
    [
      'only a pickle',
      [
        { name: 'model.joblib', data: '\x80\x04.' },
        { name: 'metadata.json', data: '{}' },
      ],
      /only model\.joblib; a pickle is never read/,
    ],
    ['no model at all', [{ name: 'metadata.json', data: '{}' }], /holds no model\.onnx/],
    ['nothing', [], /holds no model\.onnx/],
    ['no manifest', [{ name: 'model.onnx', data: 'x' }], /holds no deployment_manifest\.json/],
    [
      'a manifest that is no JSON',
      [
        { name: 'model.onnx', data: 'x' },
        { name: 'deployment_manifest.json', data: '\x80\x04.' },
      ],
      /is not JSON/,
    ],
    [
      'a manifest without hashes',
      [
        { name: 'model.onnx', data: 'x' },
        { name: 'deployment_manifest.json', data: '{}' },
      ],
      /the manifest says nothing/,
    ],
    [
      'a hash of another file',
      [
        { name: 'model.onnx', data: 'x' },
        { name: 'deployment_manifest.json', data: `{"file_hashes":{"model.onnx":"${'0'.repeat(64)}"}}` },
      ],
      /is not the file of the package's manifest/,
    ],
    [
      'hashes from a prototype',
      [
        { name: 'model.onnx', data: 'x' },
        { name: 'deployment_manifest.json', data: '{"file_hashes":{"__proto__":{"model.onnx":"x"}}}' },
      ],
      /the manifest says nothing/,
    ],
  ])('is refused when it holds %s', async (_, entries, words) => {
    const error = await rejection(() => readForeignPackage(zipBytes(entries)));
    expect(error.message).toMatch(words);
  });
});
