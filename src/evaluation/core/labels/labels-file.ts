import { AppError, type FieldProblem } from '../../../shared/errors.js';
import type { Episode } from '../episodes.js';
import { csvRows } from './csv-rows.js';
import { readEntry, type LabelEntry } from './label-entry.js';

const FORMAT_HINT =
  'A labels file is JSON {"episodes": [{"device_id": 1, "start": "2024-01-31T06:00:00Z", "end": "...", "kind": "...", ' +
  '"is_anomaly": 1}]}, or CSV with these names as its header.';
const REQUIRED_COLUMNS = ['start', 'end'] as const;
const MAX_PROBLEMS = 20;

function refuse(name: string, message: string, problems: readonly FieldProblem[] = []): never {
  throw new AppError('validation_failed', `Labels file ${name}: ${message}`, { hint: FORMAT_HINT, problems });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonEntries(name: string, text: string): LabelEntry[] {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    refuse(name, `it is not valid JSON (${error instanceof Error ? error.message : String(error)}).`);
  }
  const list = isRecord(root) ? root.episodes : root;
  if (!Array.isArray(list))
    refuse(name, 'key "episodes" is missing or no list, expected the list of episodes under it.');
  return list.map((entry: unknown, i) => {
    if (!isRecord(entry)) refuse(name, `episode ${i + 1} is ${JSON.stringify(entry)}, expected an object.`);
    return {
      place: `episode ${i + 1}`,
      pointer: `/episodes/${i}`,
      value: (key: string) => (Object.hasOwn(entry, key) ? entry[key] : undefined),
    };
  });
}

function csvEntries(name: string, text: string): LabelEntry[] {
  const [header, ...rows] = csvRows(text);
  const columns = new Map(header.cells.map((cell, i) => [cell.toLowerCase(), i]));
  const missing: string[] = REQUIRED_COLUMNS.filter((column) => !columns.has(column));
  if (!columns.has('device') && !columns.has('device_id')) missing.push('device (or device_id)');
  if (missing.length > 0) {
    refuse(
      name,
      `line ${header.line} has no column ${missing.join(', ')}; its columns are ${header.cells.join(', ')}.`,
    );
  }
  return rows.map(({ line, cells }) => {
    if (cells.length !== header.cells.length) {
      refuse(
        name,
        `line ${line} has ${cells.length} cells, expected ${header.cells.length} as in the header.`,
      );
    }
    return {
      place: `line ${line}`,
      pointer: `/${line}`,
      value: (key: string) => {
        const column = columns.get(key);
        return column === undefined ? undefined : cells[column];
      },
    };
  });
}

/**
 * The episodes of a labels file: JSON `{"episodes": [...]}` (or the bare list) or CSV, told by its first character.
 * An entry names its device by `device_id` or `device`, has `start` and `end` (ISO 8601; without a zone UTC, as in an
 * export), and may have `kind` and `is_anomaly` (default 1). Other keys are ignored.
 *
 * @param name what the user calls the file, for messages
 * @throws AppError `validation_failed` naming every wrong entry, its key and what was expected
 */
export function parseLabels(name: string, text: string): Episode[] {
  const content = text.replace(/^\uFEFF/, '');
  const first = content.trimStart().charAt(0);
  if (first === '') refuse(name, 'it is empty.');
  const entries = first === '{' || first === '[' ? jsonEntries(name, content) : csvEntries(name, content);
  const problems: FieldProblem[] = [];
  const episodes = entries.map((entry) => readEntry(entry, problems));
  if (problems.length > 0) {
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    refuse(name, `${problems[0].message}${more}.`, problems.slice(0, MAX_PROBLEMS));
  }
  return episodes;
}
