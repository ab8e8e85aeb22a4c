import { TABLE_SET } from '../../features/core/table-set.js';
import { packageFileName } from './package-layout.js';

/** What metadata.json must hold for a package; written by the registry (model-metadata.ts). */
export interface PackagedMetadata {
  readonly model_info: {
    readonly version: string;
    readonly created_at: string;
    readonly model_name: string;
    readonly sklearn_version: string;
  };
  readonly training_info: {
    readonly feature_set: string;
    readonly feature_names: readonly string[];
    readonly training_samples: number;
    readonly log_count: number;
    readonly model_parameters: Readonly<Record<string, unknown>>;
    readonly offset: number;
    /** Only of a version whose model is no plain forest. */
    readonly detector?: { readonly type: string; readonly threshold: number; readonly onnx: boolean };
  };
  readonly evaluation_info: {
    readonly label_source: string;
    readonly basic_metrics: Readonly<Record<'f1_score' | 'precision' | 'recall' | 'accuracy', number>> & {
      readonly roc_auc: number | null;
      readonly anomaly_ratio: number;
    };
  };
}

const LABELS: Readonly<Record<string, string>> = {
  injected: 'anomalies planted into real held-out windows; no operator or attack labelled them',
  ground_truth: 'labels that came with the export',
  feedback: 'marks operators set on alerts',
};

const number = (value: number | null): string =>
  value === null ? 'not defined' : String(Number(value.toPrecision(6)));

/** README.md of a package: what is in it, how to import and use it, what its numbers mean. */
export function packageReadme(
  { model_info: info, training_info: training, evaluation_info: evaluation }: PackagedMetadata,
  files: readonly string[],
): string {
  const metrics = evaluation.basic_metrics;
  const source = evaluation.label_source;
  const hasExtractor = files.includes('wifi_features.py');
  const isTable = training.feature_set === TABLE_SET;
  return [
    `# Model ${info.model_name}, version ${info.version}`,
    '',
    `Isolation Forest for the anomaly score of ${isTable ? 'rows of a feature table' : 'WiFi log windows'}, made ${info.created_at} UTC by the training service.`,
    `Files: ${files.join(', ')}.`,
    '',
    ...fallbackNote(training.detector),
    '## Check and import',
    '',
    `1. Keep the name of the archive, \`${packageFileName(info.version)}\`: the inference service registers a model under the version in it.`,
    '2. Unpack it, `pip install -r requirements.txt`, then `python validate_model.py`. It exits with 0 when all files have their SHA-256 and the golden rows get their recorded labels and scores.',
    '3. Import the unpacked directory (`POST /import/{path}` of the inference service), or give the archive to its model loader.',
    '',
    'Check before the import: the importer adds its own section to `metadata.json`, whose SHA-256 is then another one (`validate_model.py` says so in a note and compares the facts in it instead).',
    '',
    '## Use',
    '',
    '```python',
    'from inference_example import ModelInference',
    '',
    'model = ModelInference(".")',
    'result = model.predict(rows)   # list of dicts: every feature of model.feature_names -> raw value',
    '```',
    '',
    '`predictions` holds 1 for an anomaly and 0 for a normal window. A feature that is absent is an error; a measurement that a window did not have is `None`. `python inference_example.py` scores the golden rows.',
    ...(hasExtractor
      ? [
          '',
          'From log lines: `python inference_example.py export.json` computes the features as in training (`wifi_features.py`) and lists the flagged windows; `python wifi_features.py export.json` writes them as CSV.',
        ]
      : ['', noExtractor(training.feature_set)]),
    '',
    '`model.joblib` alone expects rows that went through `scaler.joblib`; a program that feeds it raw values gets wrong scores' +
      (training.feature_set.startsWith('agent-')
        ? ', except for this feature set, whose scaler changes nothing.'
        : '.'),
    '',
    '## Numbers',
    '',
    '| | |',
    '|---|---|',
    `| feature set | ${training.feature_set}, ${training.feature_names.length} columns |`,
    isTable
      ? `| trained on | ${training.training_samples} rows of a feature table |`
      : `| trained on | ${training.training_samples} windows of ${training.log_count} log lines |`,
    `| parameters | ${Object.entries(training.model_parameters)
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(', ')} |`,
    `| alert | score above ${number(-training.offset)} (score = -score_samples, 0 to 1, higher = more anomalous) |`,
    `| held-out ${isTable ? 'rows' : 'windows'} above it | ${number(metrics.anomaly_ratio * 100)} % |`,
    `| precision, recall, F1 | ${number(metrics.precision)}, ${number(metrics.recall)}, ${number(metrics.f1_score)} |`,
    `| ROC AUC | ${number(metrics.roc_auc)} |`,
    `| accuracy | ${number(metrics.accuracy)} |`,
    '',
    `The last three rows were measured with the label source "${source}": ${LABELS[source] ?? 'see metadata.json'}.`,
    'The four numbers under `quality_assessment` are explained beside them in `deployment_manifest.json`.',
    `The pickles are in the format of scikit-learn ${info.sklearn_version}; a later version may print a version warning, \`validate_model.py\` proves that the scores are the same.`,
    '',
  ].join('\n');
}

/** What the package says first when its pickle is not the model that was evaluated. */
function fallbackNote(detector: PackagedMetadata['training_info']['detector']): string[] {
  if (detector === undefined) return [];
  const where = detector.onnx
    ? `\`model.onnx\` is that detector: inputs \`features\` (double, raw values after imputation and clipping) and \`device\` (int64, index in \`training_info.detector.devices\` of \`metadata.json\`, -1 = unknown); an anomaly has -score_samples above ${number(detector.threshold)}.`
    : 'It scores in the training service only: there is no ONNX graph for it in this package.';
  return [
    `**The model of this version is the detector \`${detector.type}\`, which scikit-learn cannot express.** ${where}`,
    '',
    '`model.joblib` is an Isolation Forest on the same windows, to fall back on (`fallback: true` in the manifest). The scripts of this package and a consumer that loads the pickle use the Isolation Forest; the metrics below are those of the detector.',
    '',
  ];
}

/** Why the package computes no features. */
function noExtractor(set: string): string {
  return set === TABLE_SET
    ? 'This model was trained on a table of numbers, not on log lines. Nothing in this package, and nothing in the training service, can compute its features from logs: whoever made the table has to make the rows. feature_spec.json lists the columns by name and order.'
    : `The features are those of the set "${set}"; feature_spec.json defines them. This package has no extractor for them.`;
}
