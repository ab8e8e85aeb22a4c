import { bootstrapInterval, type BootstrapInterval } from '../bootstrap.js';
import { countEpisodes, type Episode, type EpisodeCounts, type EpisodeWindows } from '../episodes.js';
import type { KnownLabelSource, Labelled } from '../label-source.js';

export interface KindComparison {
  readonly kind: string;
  readonly episodes: number;
  readonly hit_a: number;
  readonly hit_b: number;
}

export type EpisodeComparison = Labelled<{
  readonly a: EpisodeCounts;
  readonly b: EpisodeCounts;
  /** Episodes that both hit, only one, or none. */
  readonly both: number;
  readonly only_a: number;
  readonly only_b: number;
  readonly neither: number;
  /** Episode recall of b minus that of a; episodes are drawn. */
  readonly recall_delta: BootstrapInterval;
  readonly by_kind: readonly KindComparison[];
}>;

/** Which episodes each version finds. */
export function compareEpisodes(
  source: KnownLabelSource,
  windows: EpisodeWindows,
  flags: { readonly a: Uint8Array; readonly b: Uint8Array },
  episodes: readonly Episode[],
  seed: number,
): EpisodeComparison {
  const a = countEpisodes(windows, flags.a, episodes);
  const b = countEpisodes(windows, flags.b, episodes);
  const hits = episodes
    .filter(({ isAnomaly }) => isAnomaly)
    .flatMap((episode) => {
      const one = countEpisodes(windows, flags.a, [episode]);
      if (one.episodes === 0) return [];
      return [{ a: one.hit, b: countEpisodes(windows, flags.b, [episode]).hit }];
    });
  const both = hits.filter((hit) => hit.a === 1 && hit.b === 1).length;
  return {
    label_source: source,
    a,
    b,
    both,
    only_a: a.hit - both,
    only_b: b.hit - both,
    neither: hits.length - a.hit - b.hit + both,
    recall_delta: bootstrapInterval(
      hits.length,
      (drawn) =>
        drawn.length === 0
          ? null
          : drawn.reduce((sum, row) => sum + hits[row].b - hits[row].a, 0) / drawn.length,
      { seed },
    ),
    by_kind: Object.entries(a.by_kind).map(([kind, { episodes: total, hit }]) => ({
      kind,
      episodes: total,
      hit_a: hit,
      hit_b: b.by_kind[kind].hit,
    })),
  };
}
