import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../shared/errors.js';
import { errorDocument, Output, printable, renderTable } from './output.js';

const ESC = '\u001b';

describe('printable', () => {
  it('shows what could drive a terminal', () => {
    expect(printable(`${ESC}]0;pwn\u0007${ESC}[2J`)).toBe('\\u001b]0;pwn\\u0007\\u001b[2J');
    expect(printable('\u009b2J \u007f \r \u0000')).toBe('\\u009b2J \\u007f \\u000d \\u0000');
    expect(printable('a\u202egpj.exe\u2069')).toBe('a\\u202egpj.exe\\u2069');
  });

  it('leaves text, tabs and line ends alone', () => {
    const text = 'Wohnzimmer\t– 客厅 🙂\n%s%n =1+1';
    expect(printable(text)).toBe(text);
  });
});

describe('output', () => {
  let stdout = '';
  let stderr = '';
  const capture = (options: Partial<ConstructorParameters<typeof Output>[0]>): Output => {
    stdout = '';
    stderr = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      stdout += String(text);
      return true;
    });
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      stderr += String(text);
      return true;
    });
    return new Output({ json: false, quiet: false, verbose: false, ...options });
  };
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('puts the result on stdout and remarks on stderr', () => {
    const output = capture({});
    output.note('remark');
    output.warn('careful');
    output.result({ a: 1 }, () => 'human');
    expect(stdout).toBe('human\n');
    expect(stderr).toBe('remark\nwarning: careful\n');
  });

  it('with --json writes one document, in which nothing can drive a terminal either', () => {
    const document = { device: `${ESC}[2J\u009b2J\u202e` };
    capture({ json: true }).result(document, () => 'human');
    expect(stdout).not.toContain('\u009b');
    expect(stdout).not.toContain('\u202e');
    expect(JSON.parse(stdout)).toEqual(document);
  });

  it('with --quiet says warnings only', () => {
    const output = capture({ quiet: true });
    output.note('remark');
    output.progress(50, 'half');
    output.warn('careful');
    expect(stderr).toBe('warning: careful\n');
  });

  it('without a terminal writes one line for each step', () => {
    const output = capture({});
    for (const percent of [10, 11, 12]) output.progress(percent, 'Loading');
    output.progress(30, 'Extracting');
    expect(stderr).toBe(' 10 %  Loading\n 30 %  Extracting\n');
  });

  it('tells an error with its hint, and with --json as a document too', () => {
    const error = new AppError('usage', `bad ${ESC} name`, { hint: 'Do this.' });
    const output = capture({ json: true });
    output.error(error);
    expect(stderr).toBe('error: bad \\u001b name\n  Do this.\n');
    expect(JSON.parse(stdout)).toEqual(errorDocument(error));
    expect(errorDocument(error)).toEqual({
      error: { code: 'usage', title: 'Wrong usage', message: `bad ${ESC} name`, hint: 'Do this.' },
    });
  });

  it('shows a stack only with --verbose, and that printable too', () => {
    const error = new AppError('internal', `broke ${ESC}[2J`);
    capture({}).error(error);
    expect(stderr).not.toContain('output.spec');
    capture({ verbose: true }).error(error);
    expect(stderr).toContain('output.spec');
    expect(stderr).not.toContain(ESC);
  });
});

describe('renderTable', () => {
  it('aligns text left and numbers right', () => {
    expect(
      renderTable(
        ['name', 'lines'],
        [
          ['a', 5],
          ['long', 100],
        ],
      ),
    ).toBe('name  lines\na         5\nlong    100');
  });
  it('of no rows is its header', () => {
    expect(renderTable(['a', 'b'], [])).toBe('a  b');
  });
});
