import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../shared/errors.js';
import type { InputName } from '../workers/open-input.js';

/** A file that a version was trained on, as its lineage tells. */
export interface RecordedInput {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Where the inputs are to be looked for; nothing given = where they were. */
export interface InputPlaces {
  readonly files?: readonly string[];
  readonly directory?: string;
}

interface Candidate {
  readonly path: string;
  readonly bytes: number;
  sha256?: string;
}

/**
 * The files a version was trained on, in their order, each with the recorded SHA-256. Given files are told apart by
 * their bytes, not by their names.
 *
 * @param stored where the run found them, in the order of `recorded`
 * @throws AppError `file_not_found` when one is nowhere, `artifact_integrity` when its bytes are others
 */
export async function findInputs(
  recorded: readonly RecordedInput[],
  stored: readonly InputName[],
  places: InputPlaces,
  signal: AbortSignal,
): Promise<InputName[]> {
  const given = candidates(places);
  const found: InputName[] = [];
  for (const [i, input] of recorded.entries()) {
    const path =
      given === null
        ? await atRecordedPath(input, stored.at(i)?.path ?? null, signal)
        : await amongGiven(input, given, signal);
    found.push({ path, name: input.name });
  }
  return found;
}

/** null = look where they were. */
function candidates({ files, directory }: InputPlaces): Candidate[] | null {
  if (files === undefined && directory === undefined) return null;
  const paths = [...(files ?? []), ...(directory === undefined ? [] : filesIn(directory))];
  return paths.map((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() === true) return { path: resolve(path), bytes: stat.size };
    throw new AppError('file_not_found', `${path} is not a file.`);
  });
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(directory, entry.name))
      .sort();
  } catch (error) {
    throw new AppError('file_not_found', `The directory ${directory} cannot be read.`, { cause: error });
  }
}

async function atRecordedPath(
  input: RecordedInput,
  path: string | null,
  signal: AbortSignal,
): Promise<string> {
  const stat = path === null ? undefined : statSync(path, { throwIfNoEntry: false });
  if (path === null || stat?.isFile() !== true) throw notFound(input, 'is not where the training read it');
  const sha256 = await hashOf(path, signal);
  if (sha256 !== input.sha256) throw otherBytes(input, sha256);
  return path;
}

async function amongGiven(
  input: RecordedInput,
  given: readonly Candidate[],
  signal: AbortSignal,
): Promise<string> {
  const name = basename(input.name);
  // Only files of the same size can be it; one of the same name is hashed too, to say what it is instead.
  const possible = given.filter(({ path, bytes }) => bytes === input.bytes || basename(path) === name);
  for (const candidate of possible) {
    candidate.sha256 ??= await hashOf(candidate.path, signal);
    if (candidate.sha256 === input.sha256) return candidate.path;
  }
  const namesake = possible.find(({ path }) => basename(path) === name) ?? possible.at(0);
  if (namesake?.sha256 !== undefined) throw otherBytes(input, namesake.sha256);
  throw notFound(input, 'is not among the given files');
}

async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  } catch (error) {
    if (signal.aborted) throw new AppError('cancelled', 'Interrupted.', { cause: error });
    throw new AppError('file_not_found', `${path} cannot be read.`, { cause: error });
  }
  return hash.digest('hex');
}

const HINT =
  'Give the files the model was trained on with --input FILE..., or their directory with --inputs-dir.';

function notFound(input: RecordedInput, where: string): AppError {
  return new AppError(
    'file_not_found',
    `The input ${input.name} (${input.bytes} bytes, SHA-256 ${input.sha256}) ${where}.`,
    { hint: HINT, details: { input: input.name, expected: input.sha256, found: null } },
  );
}

function otherBytes(input: RecordedInput, found: string): AppError {
  return new AppError(
    'artifact_integrity',
    `The input ${input.name} is not the one the model was trained on: expected SHA-256 ${input.sha256}, found ${found}.`,
    { hint: HINT, details: { input: input.name, expected: input.sha256, found } },
  );
}
