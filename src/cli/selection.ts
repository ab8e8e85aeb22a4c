import { parseDateBound } from '../export/core/timestamp.js';
import type { IngestSelection } from '../pipeline/ingest-task.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { AppError } from '../shared/errors.js';
import type { SelectionOptions } from './command.js';
import { inputFiles, STANDARD_INPUT, STANDARD_INPUT_NAME } from './input-files.js';
import type { Output } from './output.js';

/** Ignored files that are named one by one. */
const MAX_NAMED = 10;

export interface SelectionContext {
  readonly config: ResolvedConfig;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/**
 * Runs `body` with what the paths and options of a command choose. Standard input is a file as long as `body` runs;
 * it is read last, when nothing else is wrong.
 */
export async function withSelection<T>(
  paths: readonly string[],
  options: SelectionOptions,
  { config, output, signal }: SelectionContext,
  body: (chosen: Required<IngestSelection>) => Promise<T>,
): Promise<T> {
  const chosen = selection(paths, options, output);
  if (!paths.includes(STANDARD_INPUT)) return body(chosen);
  const { spoolInput } = await import('./stdin-spool.js');
  output.progress(0, 'Reading standard input');
  const spooled = await spoolInput(process.stdin, {
    dataDir: config.paths.dataDir,
    maxBytes: config.values.storage.max_upload_bytes,
    signal,
  });
  try {
    const asFile = { path: spooled.path, name: STANDARD_INPUT_NAME };
    return await body({
      ...chosen,
      files: chosen.files.map((file) => (file.path === STANDARD_INPUT ? asFile : file)),
    });
  } finally {
    spooled.remove();
  }
}

export interface DateAndPrograms {
  /** Inclusive, exclusive; milliseconds since 1970 UTC, null = not given. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly programs: readonly string[] | null;
}

/** What --start-date, --end-date and --programs say, checked. */
export function dateAndPrograms(
  options: Pick<SelectionOptions, 'startDate' | 'endDate' | 'programs'>,
): DateAndPrograms {
  const startMs = dateOption('--start-date', options.startDate, 'start');
  const endMs = dateOption('--end-date', options.endDate, 'end');
  if (startMs !== null && endMs !== null && endMs <= startMs) {
    throw new AppError('usage', '--end-date is before --start-date.', {
      hint: 'Both are UTC; --end-date is inclusive.',
    });
  }
  const programs = options.programs
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (programs?.length === 0) {
    throw new AppError('usage', '--programs names no program.', {
      hint: 'Write for instance --programs hostapd,wpa_supplicant, or leave it out for all.',
    });
  }
  return { startMs, endMs, programs: programs ?? null };
}

/** Files, date range and programs as the paths and options say, checked; standard input still under its path. */
export function selection(
  paths: readonly string[],
  options: SelectionOptions,
  output: Pick<Output, 'note'>,
): Required<IngestSelection> {
  const chosen = dateAndPrograms(options);
  const { files, ignored } = inputFiles(paths);
  if (ignored.length > 0) {
    const more = ignored.length > MAX_NAMED ? ` and ${ignored.length - MAX_NAMED} more` : '';
    output.note(
      `Ignored, as their names are not those of exports: ${ignored.slice(0, MAX_NAMED).join(', ')}${more}`,
    );
  }
  return { files, ...chosen, noFollow: false };
}

function dateOption(name: string, text: string | undefined, bound: 'start' | 'end'): number | null {
  if (text === undefined) return null;
  try {
    return parseDateBound(text, bound);
  } catch (error) {
    throw new AppError('usage', `${name} ${JSON.stringify(text)} is not a date.`, {
      cause: error,
      hint: 'Write 2024-01-31, or a moment such as 2024-01-31T06:00:00Z.',
    });
  }
}

/** The JSON of --config-overrides with --feature-set folded in; undefined = nothing to override. */
export function overrides(options: SelectionOptions): unknown {
  const given = parseOverrides(options.configOverrides);
  if (options.featureSet === undefined) return given;
  const base = given === undefined ? {} : given;
  if (typeof base !== 'object' || base === null || Array.isArray(base)) return base;
  const features = (base as Record<string, unknown>).features;
  // Something that is no section is left for the configuration to refuse, by its name.
  if (
    features !== undefined &&
    (typeof features !== 'object' || features === null || Array.isArray(features))
  )
    return base;
  const section = features ?? {};
  return { ...base, features: { ...section, set: options.featureSet } };
}

function parseOverrides(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new AppError(
      'usage',
      `--config-overrides is not valid JSON: ${error instanceof Error ? error.message : ''}`,
      {
        cause: error,
        hint: `Write a JSON object, for instance --config-overrides '{"model":{"n_estimators":200}}'.`,
      },
    );
  }
}
