/** Files of a version directory (product contract, section 5). */
export const VERSION_FILES = {
  model: 'model.joblib',
  scaler: 'scaler.joblib',
  /** Scaler, forest and threshold in one graph, for programs without scikit-learn. */
  onnx: 'model.onnx',
  /** Our own forest file: what our scorer maps, without parsing. */
  forest: 'forest.bin',
  /** A detector that is not a plain forest; only such versions have it. */
  detector: 'detector.bin',
  metadata: 'metadata.json',
  featureSpec: 'feature_spec.json',
  /** Only of a feature set whose values depend on what was learnt. */
  featureState: 'feature_state.json',
  baseline: 'baseline.json',
  golden: 'golden.json',
  report: 'report.json',
  /** The model card: the report for people. */
  card: 'report.html',
  manifest: 'deployment_manifest.json',
} as const;

/** Temporary names inside the models directory start with this; everything else there is a version. */
export const STAGING_PREFIX = '.tmp-';

/** JSON as it is written to disk: two spaces, a newline at the end, never NaN or Infinity (JSON has neither). */
export function jsonFile(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
