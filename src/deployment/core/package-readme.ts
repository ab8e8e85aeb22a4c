import { TABLE_SET } from '../../features/core/table-set.js';
import { DETECTOR_SCRIPT, packageFileName } from './package-layout.js';

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
    readonly detector?: {
      readonly type: string;
      readonly threshold: number;
      readonly onnx: boolean;
      /** Absent in versions of earlier releases. */
      readonly members?: readonly string[];
      readonly training_rows_kept?: number;
    };
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
export function packageReadme(metadata: PackagedMetadata, files: readonly string[]): string {
  const { model_info: info, training_info: training } = metadata;
  const { detector } = training;
  const kind =
    detector === undefined
      ? 'Isolation Forest'
      : `Detector \`${detector.type}\`, with an Isolation Forest to fall back on,`;
  return [
    `# Model ${info.model_name}, version ${info.version}${detector === undefined ? '' : `: ${detector.type} (model.joblib is a fallback)`}`,
    '',
    `${kind} for the anomaly score of ${training.feature_set === TABLE_SET ? 'rows of a feature table' : 'WiFi log windows'}, made ${info.created_at} UTC by the training service.`,
    `Files: ${files.join(', ')}.`,
    '',
    ...fallbackNote(detector),
    '## Check and import',
    '',
    `1. Keep the name of the archive, \`${packageFileName(info.version)}\`: the inference service registers a model under the version in it.`,
    '2. Unpack it, `pip install -r requirements.txt`, then `python validate_model.py`. It exits with 0 when all files have their SHA-256 and the golden rows get their recorded labels and scores.',
    '3. Import the unpacked directory (`POST /import/{path}` of the inference service), or give the archive to its model loader.',
    '',
    'Check before the import: the importer adds its own section to `metadata.json`, whose SHA-256 is then another one (`validate_model.py` says so in a note and compares the facts in it instead).',
    '',
    ...detectorUsage(detector, files),
    ...pickleUsage(training, files),
    ...numbers(metadata),
    '',
  ].join('\n');
}

function pickleUsage(
  { detector, feature_set: set }: PackagedMetadata['training_info'],
  files: readonly string[],
): string[] {
  return [
    detector === undefined ? '## Use' : '## Use of the fallback, model.joblib',
    '',
    '```python',
    'from inference_example import ModelInference',
    '',
    'model = ModelInference(".")',
    'result = model.predict(rows)   # list of dicts: every feature of model.feature_names -> raw value',
    '```',
    '',
    '`predictions` holds 1 for an anomaly and 0 for a normal window. A feature that is absent is an error; a measurement that a window did not have is `None`. `python inference_example.py` scores the golden rows.',
    ...(hasExtractor(files)
      ? [
          '',
          'From log lines: `python inference_example.py export.json` computes the features as in training (`wifi_features.py`) and lists the flagged windows; `python wifi_features.py export.json` writes them as CSV.',
        ]
      : ['', noExtractor(set)]),
    '',
    '`model.joblib` alone expects rows that went through `scaler.joblib`; a program that feeds it raw values gets wrong scores' +
      (set.startsWith('agent-') ? ', except for this feature set, whose scaler changes nothing.' : '.'),
    '',
  ];
}

function numbers({
  model_info: info,
  training_info: training,
  evaluation_info: evaluation,
}: PackagedMetadata): string[] {
  const { detector } = training;
  const metrics = evaluation.basic_metrics;
  const source = evaluation.label_source;
  const isTable = training.feature_set === TABLE_SET;
  const scale = '(score = -score_samples, 0 to 1, higher = more anomalous)';
  return [
    '## Numbers',
    '',
    '| | |',
    '|---|---|',
    `| feature set | ${training.feature_set}, ${training.feature_names.length} columns |`,
    isTable
      ? `| trained on | ${training.training_samples} rows of a feature table |`
      : `| trained on | ${training.training_samples} windows of ${training.log_count} log lines |`,
    `| parameters${detector === undefined ? '' : ' of the fallback'} | ${Object.entries(
      training.model_parameters,
    )
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(', ')} |`,
    ...(detector === undefined
      ? []
      : [`| alert of the fallback | score above ${number(-training.offset)}; not what was evaluated |`]),
    `| alert | score above ${number(detector?.threshold ?? -training.offset)} ${scale} |`,
    `| held-out ${isTable ? 'rows' : 'windows'} above it | ${number(metrics.anomaly_ratio * 100)} % |`,
    `| precision, recall, F1 | ${number(metrics.precision)}, ${number(metrics.recall)}, ${number(metrics.f1_score)} |`,
    `| ROC AUC | ${number(metrics.roc_auc)} |`,
    `| accuracy | ${number(metrics.accuracy)} |`,
    '',
    `The last three rows were measured with the label source "${source}": ${LABELS[source] ?? 'see metadata.json'}.`,
    'The four numbers under `quality_assessment` are explained beside them in `deployment_manifest.json`.',
    ...(detector === undefined
      ? []
      : [
          'Of these, `model_quality_score` is that of the detector, `silhouette_score` and `feature_utilization` are those of the fallback.',
        ]),
    `The pickles are in the format of scikit-learn ${info.sklearn_version}; a later version may print a version warning, \`validate_model.py\` proves that the scores are the same.`,
  ];
}

type Detector = PackagedMetadata['training_info']['detector'];

const hasExtractor = (files: readonly string[]): boolean => files.includes('wifi_features.py');

/** What the package says first when its pickle is not the model that was evaluated. */
function fallbackNote(detector: Detector): string[] {
  if (detector === undefined) return [];
  const where = detector.onnx
    ? `\`model.onnx\` is that detector: inputs \`features\` (double, raw values after imputation and clipping) and \`device\` (int64, index in \`training_info.detector.devices\` of \`metadata.json\`, -1 = unknown); an anomaly has -score_samples above ${number(detector.threshold)}.`
    : 'It scores in the training service only: there is no ONNX graph for it in this package.';
  const programs = detector.onnx
    ? `\`${DETECTOR_SCRIPT}\` scores with the detector; \`inference_example.py\``
    : '`inference_example.py`';
  return [
    `**The model of this version is the detector \`${detector.type}\`, which scikit-learn cannot express.** ${where}`,
    '',
    `\`model.joblib\` is an Isolation Forest on the same windows, to fall back on (\`fallback: true\` in the manifest). ${programs} and a consumer that loads the pickle use the Isolation Forest; the metrics below are those of the detector.`,
    '',
    ...detectorContent(detector),
  ];
}

/** What lies in the graph that a reader would not expect there. */
function detectorContent({
  onnx,
  members = [],
  training_rows_kept: rows = 0,
}: NonNullable<Detector>): string[] {
  const joined =
    members.length === 0 ? '' : `It is the mean of the calibrated ranks of ${members.join(', ')}.`;
  const kept =
    rows === 0 || !onnx
      ? ''
      : `The neighbours that windows are compared with are training rows, kept in \`model.onnx\` as they are (scaled): ${rows} of them, 4 bytes a value. Time and memory of scoring grow with them.`;
  const text = [joined, kept].filter((part) => part !== '').join(' ');
  return text === '' ? [] : [text, ''];
}

function detectorUsage(detector: Detector, files: readonly string[]): string[] {
  if (detector?.onnx !== true) return [];
  return [
    '## Use of the detector',
    '',
    `\`pip install numpy onnxruntime\`; scikit-learn is not needed. \`python ${DETECTOR_SCRIPT}\` scores the golden rows; with onnxruntime installed \`validate_model.py\` checks them too.`,
    ...(hasExtractor(files)
      ? [
          '',
          `\`python ${DETECTOR_SCRIPT} export.json\` computes the features as in training and writes device, start, score and is_anomaly of every window as CSV, the most anomalous first; \`--top 20\` writes the first 20.`,
        ]
      : []),
    '',
    '```python',
    `from ${DETECTOR_SCRIPT.replace('.py', '')} import DetectorInference`,
    '',
    'detector = DetectorInference(".")',
    'result = detector.predict_values(values, devices)   # raw values, NaN = missing; the device name of each row',
    '```',
    '',
  ];
}

/** Why the package computes no features. */
function noExtractor(set: string): string {
  return set === TABLE_SET
    ? 'This model was trained on a table of numbers, not on log lines. Nothing in this package, and nothing in the training service, can compute its features from logs: whoever made the table has to make the rows. feature_spec.json lists the columns by name and order.'
    : `The features are those of the set "${set}"; feature_spec.json defines them. This package has no extractor for them.`;
}
