import type { MlflowItem, MlflowMetric } from '../platform/tracking/mlflow-client.js';
import type { TrainingRun } from '../training/training-run.js';
import type { ExecutionResult } from './execution-result.js';
import type { TrainingRequest } from './training-request.js';
import type { TrainingResult } from './training-result.js';

/** A run in MLflow's words. */
export interface MlflowRecord {
  readonly name: string;
  readonly params: readonly MlflowItem[];
  readonly metrics: readonly MlflowMetric[];
  readonly tags: readonly MlflowItem[];
}

const MAX_KEY = 250;
/** Older servers take no longer values. */
const MAX_PARAM_VALUE = 500;
const MAX_TAG_VALUE = 5000;
/** Sections of the configuration that shape a model; none of them has a secret. */
const SECTIONS = ['model', 'features', 'training', 'evaluation'];

export function mlflowRecord(
  run: TrainingRun,
  execution: ExecutionResult,
  codeVersion: string,
): MlflowRecord {
  const result = 'result' in execution ? execution.result : null;
  const failure: Record<string, string> =
    'error' in execution ? { error_code: execution.error.code, error: execution.error.message } : {};
  const facts: Record<string, string> = {
    training_id: run.trainingId,
    status: execution.status,
    model_name: run.modelName,
    origin: run.origin,
    config_hash: run.configHash,
    code_version: codeVersion,
    ...(result === null ? failure : resultFacts(result)),
  };
  return {
    name: result?.version ?? run.trainingId,
    params: params(run, result),
    metrics: result === null ? [] : metrics(result),
    tags: [
      { key: 'mlflow.source.name', value: 'mcp-training' },
      { key: 'mlflow.source.type', value: 'JOB' },
      { key: 'mlflow.user', value: run.origin },
      ...Object.entries(facts).map(([key, value]) => ({
        key: `mcp_training.${key}`,
        value: plain(value).slice(0, MAX_TAG_VALUE),
      })),
    ],
  };
}

function resultFacts({
  version,
  label_source,
  model_sha256,
  gate,
  warnings,
}: TrainingResult): Record<string, string> {
  return {
    version,
    label_source,
    model_sha256,
    gate: gate.passed ? 'passed' : 'failed',
    ...(warnings.length === 0 ? {} : { warnings: warnings.join('\n') }),
  };
}

function params(run: TrainingRun, result: TrainingResult | null): MlflowItem[] {
  const config = run.config as Record<string, unknown>;
  const request = run.request as Partial<TrainingRequest>;
  const given = {
    model_name: run.modelName,
    inputs: (request.files ?? []).map(({ name }) => name).join(', '),
    start_ms: request.startMs ?? null,
    end_ms: request.endMs ?? null,
    programs: request.programs ?? null,
    ...(result === null ? {} : { feature_set: result.feature_set, features: result.feature_names.length }),
  };
  return [...leaves(given, ''), ...SECTIONS.flatMap((section) => leaves(config[section], section))].map(
    ([path, value]) => ({
      key: keyOf(path),
      value: plain(typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MAX_PARAM_VALUE),
    }),
  );
}

/** Dotted paths of everything that is no object; what is not set is left out. */
function leaves(value: unknown, path: string): [string, unknown][] {
  if (value === null || value === undefined || value === '') return [];
  if (typeof value !== 'object' || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, path === '' ? key : `${path}.${key}`));
}

/** What needed labels has their source in its name: `injected/recall` and `ground_truth/recall` are two things. */
function metrics(result: TrainingResult): MlflowMetric[] {
  const { label_source, ground_truth, label_free } = result;
  const groups: [string, unknown][] = [
    [
      '',
      {
        training_duration_seconds: result.training_duration,
        training_samples: result.training_samples,
        log_count: result.log_count,
        threshold: result.threshold,
        gate_passed: result.gate.passed ? 1 : 0,
      },
    ],
    [`${label_source}/`, result.metrics],
    ['label_free/', label_free],
    ...(ground_truth === null
      ? []
      : [[`${ground_truth.label_source}/`, ground_truth.basic_metrics] as [string, unknown]]),
  ];
  return groups.flatMap(([prefix, group]) =>
    leaves(group, '').flatMap(([path, value]) =>
      typeof value === 'number' && Number.isFinite(value) ? [{ key: keyOf(prefix + path), value }] : [],
    ),
  );
}

/** MLflow takes letters, digits and a few signs in names. */
const keyOf = (path: string): string => path.replace(/[^\w./ :-]/g, '_').slice(0, MAX_KEY);

const plain = (text: string): string => text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ');
