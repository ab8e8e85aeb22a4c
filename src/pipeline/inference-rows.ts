import { AppError, type FieldProblem } from '../shared/errors.js';
import { DEVICE_INPUT, FEATURES_INPUT, type InferInputDto } from './inference.dto.js';

/** Rows as the extractor would give them: NaN = missing. */
export interface InferenceRows {
  readonly values: Float64Array;
  readonly rows: number;
  /** The device of each row; null = nobody said. */
  readonly devices: readonly string[] | null;
}

/** @throws AppError `validation_failed` with every tensor that does not fit the model */
export function inferenceRows(inputs: readonly InferInputDto[], columns: number): InferenceRows {
  const problems: FieldProblem[] = [];
  const reportFor =
    (index: number): Report =>
    (member, message) => {
      problems.push({ pointer: `/inputs/${index}/${member}`, code: 'tensor', message });
    };
  const deviceAt = inputs.findIndex(({ name }) => name === DEVICE_INPUT);
  const featuresAt = inputs.findIndex(({ name }) => name !== DEVICE_INPUT);
  const devices = deviceAt < 0 ? null : deviceTensor(inputs[deviceAt], reportFor(deviceAt));
  const values =
    featuresAt < 0 ? undefined : featureTensor(inputs[featuresAt], columns, reportFor(featuresAt));
  inputs.forEach((_, index) => {
    if (index !== deviceAt && index !== featuresAt)
      reportFor(index)('name', `is one too many: "${FEATURES_INPUT}" and "${DEVICE_INPUT}" are known`);
  });
  const rows = (values?.length ?? 0) / columns;
  if (values === undefined) reportFor(0)('name', `no input holds rows of features ("${FEATURES_INPUT}")`);
  else if (devices !== null && devices.length !== rows)
    reportFor(deviceAt)('shape', `must be [${rows}], one a row`);
  if (values === undefined || problems.length > 0)
    throw new AppError('validation_failed', 'The inputs do not fit the model.', { problems });
  return { values, rows, devices };
}

type Report = (member: string, message: string) => void;

function featureTensor(
  { datatype, shape, data }: InferInputDto,
  columns: number,
  report: Report,
): Float64Array {
  const values = new Float64Array(Math.min(shape[0] * columns, data.length * columns));
  if (datatype === 'BYTES') report('datatype', 'must be FP32 or FP64');
  if (shape.length !== 2 || shape[1] !== columns) {
    report('shape', `must be [rows, ${columns}]: the model has ${columns} features`);
    return values;
  }
  const isNested = data.length > 0 && data.every(Array.isArray);
  const flat = isNested ? (data as unknown[][]).flat() : data;
  const hasRows = !isNested || (data as unknown[][]).every((row) => row.length === columns);
  if (flat.length !== shape[0] * columns || !hasRows) {
    report('data', `must hold ${shape[0]} rows of ${columns} numbers`);
    return values;
  }
  const wrong = flat.findIndex((value) => value !== null && !Number.isFinite(value));
  if (wrong >= 0) report(`data/${wrong}`, 'must be a finite number, or null for a missing value');
  return Float64Array.from(flat, (value) => (value === null ? NaN : Number(value)));
}

function deviceTensor({ datatype, shape, data }: InferInputDto, report: Report): string[] {
  if (datatype !== 'BYTES') report('datatype', 'must be BYTES');
  if (shape.length !== 1 || shape[0] !== data.length) report('shape', `must be [${data.length}]`);
  if (!data.every((value) => typeof value === 'string')) report('data', 'must hold texts');
  return data.map(String);
}
