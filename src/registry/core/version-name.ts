import { AppError } from '../../shared/errors.js';

/** What a version may look like wherever one is accepted: it names a directory and a URL segment. */
export const VERSION_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isVersionName(text: string): boolean {
  return VERSION_PATTERN.test(text) && !text.includes('..');
}

export function assertVersionName(text: string): void {
  if (isVersionName(text)) return;
  throw new AppError('not_found', `There is no model version ${JSON.stringify(text.slice(0, 80))}.`, {
    hint: 'A version looks like 20240101_120000; "mcp-training list-models" shows those that exist.',
  });
}

/** A formatted name leaves room for the suffix of the n-th version of one second. */
const MAX_FORMATTED = 58;

/** Broken-down UTC time, as strftime needs it. */
export interface UtcParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/**
 * strftime for the directives a version may use (%Y %m %d %H %M %S %y %j %%); every other one is refused, because a
 * name such as `%A` depends on the locale.
 */
export function formatVersion(format: string, at: UtcParts): string {
  const name = format.replace(/%(.?)/g, (_, directive: string) => expandDirective(directive, at, format));
  if (!isVersionName(name) || name.length > MAX_FORMATTED) {
    throw new AppError(
      'config_invalid',
      `storage.version_format ${JSON.stringify(format)} gives the name ${JSON.stringify(name)}, which cannot name a directory.`,
      {
        hint: `Use letters, digits, dot, dash and underscore only, at most ${MAX_FORMATTED}, for instance %Y%m%d_%H%M%S.`,
      },
    );
  }
  return name;
}

function expandDirective(directive: string, at: UtcParts, format: string): string {
  switch (directive) {
    case 'Y':
      return pad(at.year, 4);
    case 'y':
      return pad(at.year % 100, 2);
    case 'm':
      return pad(at.month, 2);
    case 'd':
      return pad(at.day, 2);
    case 'H':
      return pad(at.hour, 2);
    case 'M':
      return pad(at.minute, 2);
    case 'S':
      return pad(at.second, 2);
    case 'j':
      return pad(dayOfYear(at), 3);
    case '%':
      return '%';
    default:
      throw new AppError(
        'config_invalid',
        `storage.version_format ${JSON.stringify(format)} uses %${directive}.`,
        {
          hint: 'Supported: %Y %y %m %d %H %M %S %j %%.',
        },
      );
  }
}

function dayOfYear(at: UtcParts): number {
  return Math.round((Date.UTC(at.year, at.month - 1, at.day) - Date.UTC(at.year, 0, 1)) / 86_400_000) + 1;
}

/** The n-th candidate for a name that may be taken: name, name_2, name_3, ... (n counts from 1). */
export function versionCandidate(name: string, n: number): string {
  return n === 1 ? name : `${name}_${n}`;
}
