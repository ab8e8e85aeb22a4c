import { readFileSync, statSync } from 'node:fs';
import {
  constructFromEvents,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  YAMLException,
  type Event,
} from 'js-yaml';
import { inspectTree, isPlainTree, type PlainTree } from './plain-tree.js';
import type { ProblemList } from './problem-list.js';

// Parsing this much takes tens of milliseconds, also when it is hostile; our own files have 4 kB.
const MAX_BYTES = 131_072;
// Enough for anchors that a person writes; `inspectTree` limits what they unfold to.
const MAX_ALIASES = 100;
const MAX_DEPTH = 20;
/** Keys, values and brackets; our own files have a few hundred. Values are built only below this. */
const MAX_EVENTS = 20_000;

export interface YamlFile {
  readonly tree: PlainTree;
  /** Line of a dotted key, counted from 1; undefined when the key is not written in the file itself. */
  lineOf(path: string): number | undefined;
}

/**
 * Reads one YAML document whose root is a mapping. The core schema of YAML 1.2 is used: no dates, no binary, no custom
 * tags, no merge keys (`<<` is then an unknown key, so merge bombs have nothing to unfold). Every way to fail is
 * reported to `problems` under `label`, and undefined comes back.
 */
export function readYamlFile(path: string, label: string, problems: ProblemList): YamlFile | undefined {
  const text = readText(path, label, problems);
  if (text === undefined) return undefined;
  let events: Event[];
  let documents: unknown[];
  try {
    events = parseEvents(text, { maxDepth: MAX_DEPTH });
    if (events.length > MAX_EVENTS) {
      problems.add(label, '', 'too_large', `has more than ${MAX_EVENTS} keys and values`);
      return undefined;
    }
    documents = constructFromEvents(events, { source: text, maxAliases: MAX_ALIASES });
  } catch (error) {
    reportYamlError(error, label, problems);
    return undefined;
  }
  if (documents.length > 1) {
    problems.add(label, '', 'yaml_invalid', `must hold one YAML document, not ${documents.length}`);
    return undefined;
  }
  const root = documents[0] ?? {};
  let lines: Map<string, number> | undefined;
  const lineOf = (key: string): number | undefined => (lines ??= keyLines(text, events)).get(key);
  const faults = inspectTree(root);
  for (const fault of faults)
    problems.add(atLine(label, lineOf(fault.path)), fault.path, fault.code, fault.message);
  if (faults.length > 0) return undefined;
  if (!isPlainTree(root)) {
    problems.add(
      label,
      '',
      'wrong_type',
      'must be a mapping of sections (model:, features:, ...) at its top level',
    );
    return undefined;
  }
  return { tree: root, lineOf };
}

export const atLine = (label: string, line: number | undefined): string =>
  line === undefined ? label : `${label}:${line}`;

function readText(path: string, label: string, problems: ProblemList): string | undefined {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) {
      problems.add(
        label,
        '',
        'not_a_file',
        stats.isDirectory() ? 'is a directory, not a file' : 'is not a regular file',
      );
      return undefined;
    }
    if (stats.size > MAX_BYTES) {
      problems.add(
        label,
        '',
        'too_large',
        `has ${stats.size} bytes; a configuration file has at most ${MAX_BYTES}`,
      );
      return undefined;
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof TypeError) {
      problems.add(label, '', 'yaml_invalid', 'is not UTF-8 text');
      return undefined;
    }
    const reason = (error as NodeJS.ErrnoException).code;
    const missing = reason === 'ENOENT' || reason === 'ENOTDIR';
    problems.add(
      label,
      '',
      missing ? 'file_not_found' : 'unreadable',
      missing ? 'does not exist' : `cannot be read (${reason ?? 'unknown reason'})`,
    );
    return undefined;
  }
}

function reportYamlError(error: unknown, label: string, problems: ProblemList): void {
  if (!(error instanceof YAMLException)) {
    problems.add(label, '', 'yaml_invalid', 'is not valid YAML');
    return;
  }
  const { mark, reason } = error;
  const place = mark ? `${label}:${mark.line + 1}:${mark.column + 1}` : label;
  problems.add(place, '', 'yaml_invalid', `is not valid YAML: ${reason}`);
}

interface OpenCollection {
  readonly kind: 'document' | 'sequence' | 'mapping';
  readonly path: string;
  /** In a mapping: the key whose value comes next. */
  key: string | undefined;
}

/** Path of each mapping key -> line, from the parser's events; made only when there is a problem to place. */
function keyLines(text: string, events: readonly Event[]): Map<string, number> {
  const lines = new Map<string, number>();
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  const open: OpenCollection[] = [];
  for (const event of events) {
    if (event.type === EVENT_ID.POP) {
      open.pop();
      continue;
    }
    const parent = open.at(-1);
    if (parent?.kind === 'mapping' && parent.key === undefined) {
      const key = event.type === EVENT_ID.SCALAR ? getScalarValue(text, event) : '';
      const path = parent.path === '' ? key : `${parent.path}.${key}`;
      if (event.type === EVENT_ID.SCALAR) lines.set(path, lineAt(lineStarts, event.valueStart));
      parent.key = path;
      if (event.type !== EVENT_ID.SCALAR && event.type !== EVENT_ID.ALIAS) open.push(opened(event, path));
      continue;
    }
    const path = parent?.key ?? '';
    if (parent?.kind === 'mapping') parent.key = undefined;
    if (event.type !== EVENT_ID.SCALAR && event.type !== EVENT_ID.ALIAS) open.push(opened(event, path));
  }
  return lines;
}

function opened(event: Event, path: string): OpenCollection {
  const kind =
    event.type === EVENT_ID.MAPPING ? 'mapping' : event.type === EVENT_ID.SEQUENCE ? 'sequence' : 'document';
  return { kind, path, key: undefined };
}

/** Last line that starts at or before the offset, counted from 1. */
function lineAt(lineStarts: readonly number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lineStarts[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}
