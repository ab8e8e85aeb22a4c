/** What a storage needs to know of a registered version. */
export interface StoredVersion {
  readonly version: string;
  /** Relative; the row holds it. */
  readonly storageKey: string;
  /** File -> lower-case hex SHA-256. */
  readonly artifacts: Readonly<Record<string, string>>;
}

/** A row as the reconciler reads it, the deleted ones included. */
export interface VersionRow extends StoredVersion {
  readonly status: string;
  readonly deletedAt: Date | null;
}

/** Files that no row owns. */
export interface Orphan {
  readonly version: string;
  /** null = the directory of that version, whatever row it may get. */
  readonly storageKey: string | null;
  /** What people are told that it is. */
  readonly label: string;
  /** The run that wrote them and never registered them; null = unknown, or they were registered once. */
  readonly trainingId: string | null;
  /** When nothing is known of its run: it may be in the making, it cannot be of use, or a person must look. */
  readonly otherwise: 'wait' | 'remove' | 'report';
}

export interface StorageSurvey {
  /** What a crash had left and is now settled, one sentence each. */
  readonly settled: string[];
  readonly problems: string[];
  /** Versions whose files are gone for certain. */
  readonly missing: readonly string[];
  readonly orphans: readonly Orphan[];
}

/**
 * Where the files of versions are kept for good, so that every replica finds them. What reads files reads them in the
 * local directory ({@link ArtifactStore}), after `fetch`.
 */
export interface VersionStorage {
  /**
   * Keeps a version that is complete in the local directory. When it returns, every replica can fetch it; when it
   * throws, nothing of it is left.
   * @returns its storage key
   */
  publish(version: string, artifacts: Readonly<Record<string, string>>): Promise<string>;
  /** Remembers that the version has got its row: it is never a leftover any more. */
  noteRegistered(storageKey: string): Promise<void>;
  /**
   * Brings the files into the local directory unless they are there.
   * @returns the first file whose kept content is not the registered one; null = all are here
   */
  fetch(stored: StoredVersion): Promise<string | null>;
  /** Compares what is kept with the registered hashes. @returns the first file that is missing or differs */
  check(stored: StoredVersion): Promise<string | null>;
  /** The local copy is damaged: true = there is a fresh one now, false = it was no copy. */
  renew(stored: StoredVersion): Promise<boolean>;
  /** Takes away files that no row owns. */
  remove(version: string, storageKey: string | null): Promise<void>;
  /** A deleted version is out of sight, and can be taken back. */
  hide(version: string): void;
  /** true = the files are back where they were by this call. */
  unhide(version: string): boolean;
  /** Removes the files of a deleted version for good. */
  purge(version: string, storageKey: string): Promise<void>;
  /** Compares what is kept with the rows, and settles what a crash left where that is certain. */
  survey(rows: readonly VersionRow[], nowMs: number): Promise<StorageSurvey>;
}

export const VERSION_STORAGE = Symbol('VERSION_STORAGE');

const RUN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The run that wrote a version, from its metadata.json; null = it says none, or that of another program. */
export function trainingIdOf(metadata: unknown): string | null {
  const { model_info: info } = metadata as { model_info?: { training_id?: unknown } };
  const id = info?.training_id;
  return typeof id === 'string' && RUN_ID.test(id) ? id : null;
}
