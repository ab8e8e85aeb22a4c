import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { platform } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rejection, temporaryDirectory } from '../../test/support/temporary-directory.js';
import { inputFiles } from './input-files.js';

const root = temporaryDirectory('input-files');
let count = 0;

/** A new directory that holds empty files of these names. */
function directoryOf(...names: string[]): string {
  const directory = join(root, `exports-${++count}`);
  mkdirSync(directory);
  for (const name of names) writeFileSync(join(directory, name), '');
  return directory;
}

const namesOf = (...paths: string[]): string[] => inputFiles(paths).files.map(({ name }) => name);

describe('the files of a command', () => {
  it('have absolute paths and the names they were given by', () => {
    expect(inputFiles(['a.json', '/b.json', '-'])).toEqual({
      files: [
        { path: resolve('a.json'), name: 'a.json' },
        { path: '/b.json', name: '/b.json' },
        { path: '-', name: '(standard input)' },
      ],
      ignored: [],
    });
  });

  it('of a directory are its exports by name, in the order of their names', () => {
    const directory = directoryOf(
      ...['b.json', 'a.csv', 'B.JSON', 'c.ndjson.gz', 'd.jsonl.zst', 'a.labels.json'],
      ...['notes.txt', 'e.json.bz2', 'json', 'x.gz', '.hidden.json'],
    );
    mkdirSync(join(directory, 'sub.json'));
    const { files, ignored } = inputFiles([directory]);
    expect(files.map(({ name }) => name)).toEqual(
      ['B.JSON', 'a.csv', 'b.json', 'c.ndjson.gz', 'd.jsonl.zst'].map((n) => join(directory, n)),
    );
    expect(files.every(({ path, name }) => path === resolve(name))).toBe(true);
    expect(ignored).toEqual(
      ['a.labels.json', 'e.json.bz2', 'json', 'notes.txt', 'sub.json', 'x.gz'].map((n) => join(directory, n)),
    );
  });

  it('keep the order of the paths, and a file is taken whatever its name', () => {
    const one = directoryOf('z.json');
    const two = directoryOf('a.json', 'log');
    expect(namesOf(join(two, 'log'), one, two)).toEqual([
      join(two, 'log'),
      join(one, 'z.json'),
      join(two, 'a.json'),
    ]);
  });

  it.skipIf(platform() === 'win32')('leave out what is no regular file, but not a link to nothing', () => {
    const directory = directoryOf('a.json');
    execFileSync('mkfifo', [join(directory, 'pipe.json')]);
    symlinkSync(join(directory, 'gone'), join(directory, 'gone.json'));
    const { files, ignored } = inputFiles([directory]);
    expect(files.map(({ name }) => name)).toEqual([join(directory, 'a.json'), join(directory, 'gone.json')]);
    expect(ignored).toEqual([join(directory, 'pipe.json')]);
  });

  it('cannot come from a directory without any', async () => {
    const directory = directoryOf('notes.txt', '.a.json');
    const error = await rejection(() => inputFiles([directory]));
    expect(error).toMatchObject({
      code: 'export_invalid',
      message: `The directory ${directory} holds no export.`,
      hint: expect.stringContaining('.json, .ndjson, .jsonl or .csv') as string,
    });
  });

  it.each([
    ['named twice', (file: string) => [file, file], /is given twice/],
    ['and its directory', (file: string, directory: string) => [directory, file], /is given twice/],
    [
      'under another spelling',
      (file: string, directory: string) => [file, `${directory}/./a.json`],
      /are the same file/,
    ],
    [
      'and a link to it',
      (file: string, directory: string) => [file, `${directory}/soft`],
      /are the same file/,
    ],
    [
      'and its second name',
      (file: string, directory: string) => [file, `${directory}/hard`],
      /are the same file/,
    ],
    ['named twice, and missing', () => ['absent.json', 'absent.json'], /is given twice/],
    ['standard input twice', () => ['-', '-'], /\(standard input\) is given twice/],
  ])('cannot be one file twice: %s', async (_, paths, says) => {
    const directory = directoryOf('a.json');
    const file = join(directory, 'a.json');
    symlinkSync(file, join(directory, 'soft'));
    linkSync(file, join(directory, 'hard'));
    const error = await rejection(() => inputFiles(paths(file, directory)));
    expect(error).toMatchObject({ code: 'usage', message: expect.stringMatching(says) as string });
  });
});
