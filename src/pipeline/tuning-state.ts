import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FinishedTrial } from '../evaluation/core/tuning/rank-trials.js';
import type { TrialOutcome } from '../evaluation/core/tuning/run-trial.js';
import { settingsKey, type TrialSettings } from '../evaluation/core/tuning/search-space.js';
import { renameDurably, writeFailure, writeFileDurably } from '../platform/durable-files.js';

interface StoredTrial {
  readonly settings: TrialSettings;
  readonly outcome: Omit<TrialOutcome, 'ranks'> & { readonly ranks: readonly string[] };
}

interface StoredState {
  readonly format: 1;
  readonly trials: readonly StoredTrial[];
}

/** Trials that are done, on disk: a search that was ended goes on where it was. */
export class TuningState {
  private readonly trials = new Map<string, FinishedTrial>();

  /** @param key hash of everything that a trial depends on beside its settings */
  constructor(
    dataDir: string,
    key: string,
    readonly path = join(dataDir, 'tuning', `${key}.json`),
  ) {
    for (const trial of readState(path)) this.trials.set(settingsKey(trial.settings), trial);
  }

  get(settings: TrialSettings): FinishedTrial | null {
    return this.trials.get(settingsKey(settings)) ?? null;
  }

  get size(): number {
    return this.trials.size;
  }

  /** The file is complete at any moment: it is written beside the old one and renamed. */
  add(trial: FinishedTrial): void {
    this.trials.set(settingsKey(trial.settings), trial);
    const state: StoredState = { format: 1, trials: [...this.trials.values()].map(encoded) };
    const staging = `${this.path}.${process.pid}.tmp`;
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      writeFileDurably(staging, `${JSON.stringify(state)}\n`);
      renameDurably(staging, this.path);
    } catch (error) {
      rmSync(staging, { force: true });
      throw writeFailure(this.path, error);
    }
  }
}

/** A file that is damaged or of another format is as good as none: its trials are made again. */
function readState(path: string): FinishedTrial[] {
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as Partial<StoredState>;
    return (state.format as unknown) === 1 ? (state.trials ?? []).map(decoded) : [];
  } catch {
    return [];
  }
}

function encoded({ settings, outcome }: FinishedTrial): StoredTrial {
  const ranks = outcome.ranks.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  );
  return { settings, outcome: { ...outcome, ranks } };
}

function decoded({ settings, outcome }: StoredTrial): FinishedTrial {
  const ranks = outcome.ranks.map((text) => {
    const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
    return new Float32Array(bytes.buffer, 0, bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
  });
  return { settings, outcome: { ...outcome, ranks } };
}
