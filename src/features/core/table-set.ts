import type { FeatureSetDefinition } from './feature-set.js';

/** `feature_set` of the models that were trained on a feature table: its columns are the table's, whatever they are. */
export const TABLE_SET = 'table';

/** A set as far as training and judging need it: where its columns come from is another question. */
export type ColumnSet = Omit<FeatureSetDefinition, 'createAggregator'>;

/**
 * The set of a feature table. Nothing is known about the columns but their names, so each is a measurement that may be
 * missing: none is exempt from clipping or from a check.
 */
export function tableSet(featureNames: readonly string[]): ColumnSet {
  return {
    name: TABLE_SET,
    features: featureNames.map((name) => ({
      name,
      kind: 'measure',
      unit: 'as in the table',
      definition: 'Column of the input table.',
      missing: 'nan',
      rareEvent: false,
      clock: false,
      evidence: null,
    })),
    pooled: false,
    preprocessing: 'standard',
    hasState: false,
    wifiRequired: false,
    programs: null,
  };
}
