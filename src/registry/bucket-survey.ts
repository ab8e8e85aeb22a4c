import { statSync } from 'node:fs';
import type { ObjectInfo, ObjectStore } from '../platform/object-store/object-store.js';
import { AppError } from '../shared/errors.js';
import type { ArtifactStore } from './artifact-store.js';
import { VERSION_FILES } from './core/version-files.js';
import { isVersionName } from './core/version-name.js';
import { trainingIdOf, type Orphan, type StorageSurvey, type VersionRow } from './version-storage.js';

/** An empty object beside the files of a version that has got its row. */
export const REGISTERED = '.registered';

/** What was written later than this may be in the making on another machine: an upload takes seconds. */
const GRACE_MS = 60 * 60 * 1000;

/** A start of the service waits for this survey; a server that is away must not hold it up for long. */
const CHECK_MS = 5_000;

interface SurveyInput {
  readonly rows: readonly VersionRow[];
  readonly nowMs: number;
  readonly local: ArtifactStore;
  readonly objects: ObjectStore;
  /** Uploads files of a version whose local copy is intact. false = it is not. */
  readonly putBack: (row: VersionRow, files: readonly string[]) => Promise<boolean>;
}

/** The objects below one storage key. */
interface Kept {
  readonly files: Set<string>;
  newestMs: number;
}

/**
 * Compares bucket, rows and local copies. What is missing in the bucket is put back from an intact copy on this machine
 * (so a directory of versions moves into a bucket by itself); otherwise it is reported and never condemns a version,
 * because a wrong prefix looks the same.
 */
export async function surveyBucket(input: SurveyInput): Promise<StorageSurvey> {
  const { rows, nowMs, local, objects } = input;
  const settled = local
    .removeAbandonedStaging(nowMs)
    .map((name) => `Removed the unfinished directory ${name}.`);
  settled.push(...dropCopies(input));
  const problems: string[] = [];
  const orphans: Orphan[] = [];
  try {
    await objects.check(CHECK_MS);
    // After the rows were read: the objects of each row are older than the row.
    const kept = byStorageKey(await objects.list(''));
    for (const row of rows) await settleRow(row, kept, input, { settled, problems });
    const known = new Set(rows.map(({ storageKey }) => storageKey));
    for (const [storageKey, found] of kept) {
      const version = storageKey.split('/')[0];
      if (known.has(storageKey) || !isVersionName(version)) continue;
      const wasRegistered = found.files.has(REGISTERED);
      const isYoung = nowMs - found.newestMs < GRACE_MS;
      const isComplete = found.files.has(VERSION_FILES.manifest);
      orphans.push({
        version,
        storageKey,
        label: `The objects below ${storageKey} in the artifact store`,
        // Registered in a database that has been put back since: then the objects may be all there is of it.
        trainingId: wasRegistered ? null : await runOf(storageKey, found, objects),
        otherwise: wasRegistered ? 'report' : isYoung ? 'wait' : isComplete ? 'report' : 'remove',
      });
    }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unavailable') throw error;
    problems.push(error.message);
  }
  return { settled, problems, missing: [], orphans };
}

function byStorageKey(objects: readonly ObjectInfo[]): Map<string, Kept> {
  const kept = new Map<string, Kept>();
  for (const { key, changedAtMs } of objects) {
    const end = key.lastIndexOf('/');
    if (end <= 0) continue;
    const storageKey = key.slice(0, end);
    const entry = kept.get(storageKey) ?? { files: new Set<string>(), newestMs: 0 };
    entry.files.add(key.slice(end + 1));
    entry.newestMs = Math.max(entry.newestMs, changedAtMs);
    kept.set(storageKey, entry);
  }
  return kept;
}

async function settleRow(
  row: VersionRow,
  kept: ReadonlyMap<string, Kept>,
  { objects, putBack }: SurveyInput,
  { settled, problems }: Pick<StorageSurvey, 'settled' | 'problems'>,
): Promise<void> {
  if (row.deletedAt !== null || row.status === 'corrupt') return;
  const there = kept.get(row.storageKey)?.files;
  const missing = Object.keys(row.artifacts).filter((file) => there?.has(file) !== true);
  if (missing.length === 0) {
    if (there?.has(REGISTERED) !== true)
      await objects.put(`${row.storageKey}/${REGISTERED}`, new Uint8Array());
    return;
  }
  const what = missing.length === 1 ? missing[0] : `${missing.length} files`;
  if (await putBack(row, missing)) {
    settled.push(
      `Put ${what} of model ${row.version} into the artifact store, from the copy on this machine.`,
    );
  } else {
    problems.push(
      `The artifact store (${objects.label}) lacks ${what} of model ${row.version}, key ${row.storageKey}.`,
    );
  }
}

async function runOf(storageKey: string, { files }: Kept, objects: ObjectStore): Promise<string | null> {
  if (!files.has(VERSION_FILES.metadata)) return null;
  const bytes = await objects.get(`${storageKey}/${VERSION_FILES.metadata}`);
  try {
    return bytes === null ? null : trainingIdOf(JSON.parse(bytes.toString('utf8')));
  } catch {
    return null;
  }
}

/** Copies of versions that are deleted, or not registered any more. One without a row may be about to get it. */
function dropCopies({ rows, nowMs, local }: SurveyInput): string[] {
  const known = new Map(rows.map(({ version, deletedAt }) => [version, deletedAt]));
  const dropped = local.list().filter((version) => {
    const deletedAt = known.get(version);
    if (deletedAt !== undefined) return deletedAt !== null;
    const stat = statSync(local.path(version), { throwIfNoEntry: false });
    return stat !== undefined && nowMs - stat.mtimeMs >= GRACE_MS;
  });
  for (const version of dropped) local.remove(version);
  return dropped.map(
    (version) => `Dropped the copy of ${version} on this machine: it is not registered any more.`,
  );
}
