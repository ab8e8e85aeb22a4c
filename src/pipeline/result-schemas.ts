/** Schemas of the larger results: their members, and of those the kind. The pages describe what is inside. */
type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const number: Schema = { type: 'number' };
const truth: Schema = { type: 'boolean' };
const texts: Schema = { type: 'array', items: text };
const object: Schema = { type: 'object', additionalProperties: true };
const optional: Schema = { oneOf: [object, { type: 'null' }] };
const orNull = (schema: Schema): Schema => ({ oneOf: [schema, { type: 'null' }] });
const result = (
  description: string,
  properties: Readonly<Record<string, Schema>>,
  needed?: readonly string[],
) => ({
  type: 'object' as const,
  description,
  properties: { ...properties },
  required: [...(needed ?? Object.keys(properties))],
});

const hashes: Schema = { type: 'object', additionalProperties: text, description: 'File -> SHA-256' };
const gate: Schema = {
  type: 'object',
  properties: { passed: truth, not_enough_data: truth, checks: { type: 'array', items: object } },
  required: ['passed', 'checks'],
};
const advice: Schema = {
  type: 'array',
  items: { type: 'object', properties: { code: text, message: text }, required: ['code', 'message'] },
};
const labelSource: Schema = { ...text, description: 'What the metrics beside it are measured against' };

export const TRAINING_RESULT = result('What train --json prints', {
  ...{ training_id: text, status: { type: 'string', enum: ['completed', 'rejected'] }, version: text },
  ...{ model_name: text, model_status: text, model_path: text, feature_set: text, feature_names: texts },
  ...{ training_samples: number, log_count: number, training_duration: number, label_source: labelSource },
  ...{ metrics: object, ground_truth: optional, label_free: optional, gate, artifacts: hashes },
  ...{ model_sha256: text, threshold: orNull(number), recommendations: advice, warnings: texts },
});

/** A version that was registered, and one that a dry run would register. */
const registered = { version: text, status: text, artifacts: hashes, model_sha256: text };
const wouldRegister = {
  status: { type: 'string', enum: ['would_register'] },
  model_status: { type: 'string', enum: ['available', 'rejected'] },
};
const imported = {
  ...{ model_name: text, feature_set: text, feature_names: texts, imported_from: object, evaluated: truth },
  ...{ label_source: labelSource, metrics: object, gate, threshold: number, warnings: texts },
};

export const IMPORT_RESULT = result('What import-model --json prints', { ...registered, ...imported });

export const IMPORT_DRY_RUN = result('A dry run: nothing was registered', { ...wouldRegister, ...imported });

const otherThreshold = {
  ...{ parent_version: text, model_name: text, policy: text, value: number },
  ...{ threshold: number, parent_threshold: number, label_source: labelSource, metrics: object },
  ...{ ground_truth: optional, label_free: optional, gate, warnings: texts },
};

export const THRESHOLD_RESULT = result('What set-threshold --json prints', {
  ...registered,
  ...otherThreshold,
});

export const THRESHOLD_DRY_RUN = result('A dry run: nothing was registered', {
  ...wouldRegister,
  ...otherThreshold,
});

export const EVALUATION_RESULT = result(
  'What evaluate --json prints',
  {
    ...{ version: text, model_name: text, feature_set: text, threshold: number },
    ...{ log_count: number, window_count: number, start: orNull(text), end: orNull(text) },
    files: {
      type: 'array',
      items: result('A file that was read', { name: text, bytes: number, sha256: text }),
    },
    ...{ label_source: labelSource, basic_metrics: object, advanced_metrics: optional },
    ...{ ground_truth: optional, feedback: optional, label_free: optional, cross_validation: optional },
    ...{ threshold_checks: optional, feature_importance: optional, gate, recommendations: advice },
    warnings: texts,
  },
  ['version', 'model_name', 'gate'],
);

export const COMPARISON_RESULT = result('What compare --json prints', {
  ...{ a: text, b: text, same_features: truth },
  recorded: {
    type: 'object',
    properties: {
      same_inputs: truth,
      metrics: {
        type: 'array',
        items: result('One metric of both versions', {
          ...{ label_source: labelSource, metric: text },
          ...{ a: orNull(number), b: orNull(number), delta: orNull(number) },
        }),
      },
    },
    required: ['same_inputs', 'metrics'],
  },
  on_export: optional,
  warnings: texts,
});
