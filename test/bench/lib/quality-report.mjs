// The tables of the quality benchmark: ours beside what the index knows of other implementations.
import { markdownTable } from './report.mjs';

const digits = (value, count = 4) => (Number.isFinite(value) ? value.toFixed(count) : null);
const withStd = (mean, std) =>
  digits(mean) && `${digits(mean)}${Number.isFinite(std) ? ` +- ${digits(std)}` : ''}`;
const milliseconds = (value) => (Number.isFinite(value) ? `${(value * 1000).toFixed(1)} ms` : null);

/** The key of the index ends with the version that was measured: sklearn_1_2_1. */
const keyOf = (set, prefix) => Object.keys(set).find((name) => name.startsWith(prefix));
const measuredBy = (set, prefix) => set[keyOf(set, prefix)];

/** 'scikit-learn 1.2.1' from sklearn_1_2_1, of the first set that has such a key. */
function titleOf(found, prefix, name) {
  const key = found.map(({ set }) => keyOf(set, prefix)).find((one) => one !== undefined) ?? prefix;
  return [name, key.slice(prefix.length).replaceAll('_', '.')].filter((part) => part !== '').join(' ');
}

export const BAND_SEEDS = 10;

/**
 * Whether the mean AUC lies in the band of the index: 'yes', 'no', or null where there is no band, or none for this
 * file.
 */
export function inBand({ set, result, isSameFile }) {
  const band = set.accept_band_10_seed_mean_auc;
  if (band === undefined || !isSameFile) return null;
  return result.auc_mean >= band[0] && result.auc_mean <= band[1] ? 'yes' : 'no';
}

/** One line a set: name, size, AUC, average precision, seconds, the band. */
export function summaryTable(found) {
  return markdownTable(
    ['data set', 'n', 'd', 'AUC', 'AP', 'fit', 'score', 'accepted AUC', 'in the band'],
    found.map((one) => {
      const { result, set } = one;
      return [
        result.name,
        result.n,
        result.d,
        withStd(result.auc_mean, result.auc_std),
        digits(result.ap_mean),
        milliseconds(result.fit_seconds),
        milliseconds(result.score_seconds),
        set.accept_band_10_seed_mean_auc?.map((edge) => digits(edge)).join(' - '),
        one.band,
      ];
    }),
  );
}

/** Side by side: ours, the figures of the index, and scikit-learn of this run where it ran. */
export function comparisonTable(found) {
  const live = found.some(({ sklearn }) => sklearn !== null);
  const isotree = found.some(({ set }) => measuredBy(set, 'isotree_') !== undefined);
  const header = [
    ['data set', ({ result }) => result.name],
    ['n x d', ({ result }) => `${result.n} x ${result.d}`],
    ['anomalies', ({ share }) => `${(100 * share).toFixed(2)} %`],
    ['AUC, ours', ({ result }) => withStd(result.auc_mean, result.auc_std)],
    [
      titleOf(found, 'sklearn_', 'scikit-learn'),
      ({ set }) => withStd(...pick(measuredBy(set, 'sklearn_'), 'auc_mean', 'auc_std')),
    ],
    ...(live
      ? [['scikit-learn, this run', ({ sklearn }) => withStd(sklearn?.auc_mean, sklearn?.auc_std)]]
      : []),
    ...(isotree
      ? [
          [
            titleOf(found, 'isotree_', 'isotree'),
            ({ set }) => withStd(...pick(measuredBy(set, 'isotree_')?.iforest, 'auc', 'std')),
          ],
        ]
      : []),
    ['accepted', ({ set }) => set.accept_band_10_seed_mean_auc?.map((edge) => digits(edge)).join(' - ')],
    ['in it', ({ band }) => (band === 'no' ? '**no**' : band)],
    ['AP, ours', ({ result }) => digits(result.ap_mean)],
    ['AP, scikit-learn', ({ set }) => digits(measuredBy(set, 'sklearn_')?.ap_mean)],
    ...(isotree ? [['AP, isotree', ({ set }) => digits(measuredBy(set, 'isotree_')?.iforest?.ap)]] : []),
    ...(live
      ? [
          ['fit, vs scikit-learn', ({ sklearn, result }) => ratio(sklearn?.fit_seconds, result.fit_seconds)],
          ['score', ({ sklearn, result }) => ratio(sklearn?.score_seconds, result.score_seconds)],
        ]
      : []),
  ];
  return markdownTable(
    header.map(([title]) => title),
    found.map((one) => header.map(([, cell]) => cell(one))),
  );
}

const pick = (object, ...keys) => keys.map((key) => object?.[key]);
const ratio = (peer, ours) => (Number.isFinite(peer) ? `${(peer / ours).toFixed(1)}x` : null);
