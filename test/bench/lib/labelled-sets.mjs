// Folders of labelled data sets: an index.json and one CSV file a set (features, and a column `label`, 1 = anomaly).
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What a user got wrong; told without a stack, exit code 2. */
export class InputError extends Error {}

const LABEL = 'label';

/**
 * Reads `index.json` of a folder: a list of sets, or an object that has it under `tabular` (other lists, such as time
 * series, are not for a forest on rows and stay unread). A set needs `name` and `file`; `n` and `d` are compared with
 * the file, `sha256` says whether the figures of the index are of this very file.
 *
 * @throws InputError with every problem of the index, each with the file and the key
 */
export function readIndex(directory) {
  const file = join(directory, 'index.json');
  const index = parseIndex(directory, file);
  const sets = Array.isArray(index) ? index : index?.tabular;
  const key = Array.isArray(index) ? '' : 'tabular';
  if (!Array.isArray(sets) || sets.length === 0) {
    throw new InputError(`${file}: "tabular" is ${shown(sets)}, expected a list of at least one data set.`);
  }
  const problems = sets.flatMap((set, i) => problemsOf(set, `${key}[${i}]`));
  const names = sets.map((set) => set?.name);
  names.forEach((name, i) => {
    if (typeof name === 'string' && names.indexOf(name) !== i)
      problems.push(`${key}[${i}].name: "${name}" is there twice`);
  });
  for (const [i, set] of sets.entries()) {
    if (
      typeof set?.file === 'string' &&
      !statSync(join(directory, set.file), { throwIfNoEntry: false })?.isFile()
    )
      problems.push(`${key}[${i}].file: there is no file ${join(directory, set.file)}`);
  }
  if (problems.length > 0) throw new InputError(problems.map((problem) => `${file}: ${problem}.`).join('\n'));
  return sets;
}

function parseIndex(directory, file) {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(`--data: there is no folder ${directory}.`);
  }
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`${file} cannot be read (${error.code}); --data needs a folder with an index.json.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file} is not JSON: ${error.message}.`);
  }
}

const isText = (value) => typeof value === 'string' && value !== '';
const isCount = (value) => Number.isSafeInteger(value) && value >= 1;
const isBand = (value) =>
  Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] <= value[1];
const shown = (value) => (value === undefined ? 'missing' : JSON.stringify(value));

const NEEDED = [
  ['name', isText, 'a name'],
  ['file', isText, 'the name of a CSV file (.csv or .csv.gz)'],
];
const OPTIONAL = [
  ['n', isCount, 'a number of rows of at least 1'],
  ['d', isCount, 'a number of features of at least 1'],
  ['sha256', isText, 'a SHA-256 in hexadecimal digits'],
  ['accept_band_10_seed_mean_auc', isBand, 'two numbers [least, most]'],
];

function problemsOf(set, where) {
  if (typeof set !== 'object' || set === null || Array.isArray(set)) {
    return [`${where}: ${shown(set)}, expected a data set with name and file`];
  }
  const rules = [...NEEDED, ...OPTIONAL.filter(([key]) => set[key] !== undefined)];
  return rules
    .filter(([key, allowed]) => !allowed(set[key]))
    .map(([key, , expected]) => `${where}.${key}: ${shown(set[key])}, expected ${expected}`);
}

/**
 * Reads the rows of a set.
 *
 * @returns x (n x d float32, row-major: scikit-learn's cast), labels (n, 1 = anomaly), n, d, and whether the file is the
 *   one whose SHA-256 is in the index (true without one)
 * @throws InputError that names file, line and column
 */
export function readSet(directory, set) {
  const file = join(directory, set.file);
  const bytes = readFileSync(file);
  const lines = unpacked(file, bytes).trimEnd().split(/\r?\n/);
  const header = lines[0].split(',');
  const labelAt = header.indexOf(LABEL);
  if (labelAt < 0)
    throw new InputError(`${file}: the header has no column "${LABEL}": ${lines[0].slice(0, 100)}`);
  const [n, d] = [lines.length - 1, header.length - 1];
  for (const [key, found] of Object.entries({ n, d })) {
    if (set[key] !== undefined && set[key] !== found)
      throw new InputError(`${file}: ${key} is ${found}, but the index says ${set[key]} for "${set.name}".`);
  }
  if (n < 2 || d < 1) throw new InputError(`${file}: ${n} rows of ${d} features, expected at least 2 of 1.`);
  const x = new Float32Array(n * d);
  const labels = new Uint8Array(n);
  for (let row = 0, at = 0; row < n; row++) {
    const cells = lines[row + 1].split(',');
    if (cells.length !== header.length) {
      throw new InputError(`${file}, line ${row + 2}: ${cells.length} cells, expected ${header.length}.`);
    }
    for (let column = 0; column <= d; column++) {
      const value = cells[column].trim() === '' ? NaN : Number(cells[column]);
      const place = () => `${file}, line ${row + 2}, column "${header[column]}"`;
      if (column === labelAt) {
        if (value !== 0 && value !== 1)
          throw new InputError(`${place()}: ${cells[column]}, expected 0 or 1.`);
        labels[row] = value;
      } else {
        // Beyond float32 is as bad as no number: a forest cannot take either.
        if (!Number.isFinite(Math.fround(value)))
          throw new InputError(`${place()}: "${cells[column]}", expected a number that fits into float32.`);
        x[at++] = value;
      }
    }
  }
  const anomalies = labels.reduce((sum, label) => sum + label, 0);
  if (anomalies === 0 || anomalies === n)
    throw new InputError(`${file}: all labels are ${labels[0]}; an AUC needs both.`);
  const isSameFile =
    set.sha256 === undefined || createHash('sha256').update(bytes).digest('hex') === set.sha256.toLowerCase();
  return { x, labels, n, d, anomalies, isSameFile };
}

function unpacked(file, bytes) {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes).toString('utf8');
  } catch (error) {
    throw new InputError(`${file} cannot be unpacked: ${error.message}.`);
  }
}
