import { DEVICES, EXTRA_NAMES, NAMES, ODD_VALUES, SEQUENCES, STRUCTURE, TIMES, WORDS } from './odd-texts.js';

/** Seeded choices: the same seed gives the same file on any machine. */
export class Choices {
  private state: number;

  constructor(seed: number) {
    this.state = (Math.imul(seed | 0, 0x9e3779b1) ^ 0x6d2b79f5) | 0 || 1;
    for (let i = 0; i < 4; i++) this.next();
  }

  /** xorshift32. */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }

  below(bound: number): number {
    return this.next() % bound;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

export interface RandomExport {
  readonly bytes: Uint8Array;
  readonly chunks: readonly number[];
  readonly limits: { readonly maxRecordBytes?: number; readonly maxDepth?: number };
  readonly records: number;
}

/** White space that pushes the records out of the stretch whose clocks are compared, which is read record by record. */
export const PADDING = 65_536;
const CHUNKS = [1, 2, 3, 7, 15, 16, 17, 33, 100, 257, 1000, 4096, 1_000_000] as const;

/** Texts as JSON writes them, in the ways it may. */
function jsonString(pick: Choices, text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const unit = text[i];
    const code = text.charCodeAt(i);
    const surrogate = code >= 0xd800 && code <= 0xdfff;
    const mustEscape = code < 32 || unit === '"' || unit === '\\';
    if (mustEscape || (surrogate && pick.chance(50)) || pick.chance(1)) {
      const hex = code.toString(16).padStart(4, '0');
      out += pick.chance(30)
        ? `\\u${pick.chance(50) ? hex : hex.toUpperCase()}`
        : JSON.stringify(unit).slice(1, -1);
    } else if (unit === '/' && pick.chance(50)) {
      out += '\\/';
    } else {
      out += unit;
    }
  }
  return `${out}"`;
}

function usualValue(pick: Choices, name: string): string {
  switch (name) {
    case 'id':
      return String(pick.below(1_000_000));
    case 'device_id':
      return pick.of(DEVICES);
    case 'device_ip':
      return pick.of(['"192.168.10.3"', '"RT-AX3000"', 'null', '""']);
    case 'timestamp':
      return JSON.stringify(pick.chance(90) ? TIMES[pick.below(4)] : pick.of(TIMES));
    case 'log_level':
      return pick.of(['"notice"', '"info"', '"ERROR"', '"Warn"', '"info"']);
    case 'process_name':
      return pick.of(['"hostapd"', '"kernel"', '"crond[12]"', '"wpa_supplicant"']);
    case 'pushed_to_ai':
      return pick.of(['false', 'true']);
    case 'pushed_at':
      return 'null';
    case 'structured_data':
      return jsonString(pick, '{"priority": 29, "facility": 3, "severity_code": 5}');
    case 'raw_message':
      return jsonString(pick, `<29>Jun  1 00:04:56 ap hostapd: ${pick.of(WORDS)}\n`);
    default:
      return jsonString(pick, pick.chance(60) ? pick.of(WORDS.slice(0, 3)) : pick.of(WORDS) + pick.of(WORDS));
  }
}

interface Style {
  readonly colon: string;
  readonly comma: string;
  readonly open: string;
  readonly close: string;
  readonly oddity: number;
}

const SPACES = ['', '', ' ', '\n', '\r\n    ', '\t', ' \n \t\r '] as const;

function style(pick: Choices): Style {
  const ready: Style[] = [
    { colon: ': ', comma: ', ', open: '', close: '', oddity: 0 },
    { colon: ':', comma: ',', open: '', close: '', oddity: 0 },
    { colon: ': ', comma: ',\n      ', open: '\n      ', close: '\n    ', oddity: 0 },
  ];
  return { ...pick.of(ready), oddity: pick.of([0, 1, 5, 30]) };
}

function jsonRecord(pick: Choices, { colon, comma, open, close, oddity }: Style): string {
  const odd = (): boolean => pick.chance(oddity);
  const space = (): string => (odd() ? pick.of(SPACES) : '');
  let names = [...NAMES];
  if (odd()) names = names.filter(() => !pick.chance(20));
  if (odd()) names.splice(pick.below(names.length + 1), 0, pick.of([...NAMES, ...EXTRA_NAMES]));
  if (odd()) names.sort(() => pick.below(3) - 1);
  const members = names.map((name) => {
    const value = odd() && pick.chance(40) ? pick.of(ODD_VALUES) : usualValue(pick, name);
    return `${space()}"${name}"${space()}${colon}${space()}${value}${space()}`;
  });
  if (odd() && pick.chance(10)) return pick.of(['{}', 'null', '5', '"text"', '[1]', '{]', '{"message"}', '']);
  return `{${open}${members.join(odd() && pick.chance(5) ? ' ' : comma)}${close}}`;
}

function csvCell(pick: Choices, text: string): string {
  if (/[",;\t\r\n]/.test(text) || pick.chance(20)) return `"${text.replaceAll('"', '""')}"`;
  return text;
}

function csvFile(pick: Choices, count: number): string {
  const delimiter = pick.of([',', ';', '\t']);
  const columns = [
    'timestamp',
    'message',
    'device_id',
    'process_name',
    'log_level',
    'raw_message',
    'id',
  ].slice(0, 2 + pick.below(6));
  if (pick.chance(50) && columns.length < 5) columns.push('process_name', 'level', 'host');
  const names = [...new Set(columns)];
  const lineEnd = pick.of(['\n', '\r\n', '\n\n']);
  const oddity = pick.of([0, 0, 2, 20]);
  const plain = (value: string): string => (value.startsWith('"') ? value.slice(1, -1) : value);
  const rows = Array.from({ length: count }, () => {
    const cells = names.map((name) => {
      if (pick.chance(oddity))
        return pick.of(['', '""', 'a"b', '"a"b', '"open', 'a\rb', '"x""y"', '\u00e9', ' 1', 'a""b']);
      if (name === 'message' || name === 'raw_message') return csvCell(pick, pick.of(WORDS));
      return csvCell(
        pick,
        plain(usualValue(pick, name === 'level' ? 'log_level' : name === 'host' ? 'device_ip' : name)),
      );
    });
    if (pick.chance(oddity)) cells.push('more');
    return cells.join(delimiter);
  });
  const padding = pick.chance(90) ? '\n'.repeat(PADDING) : '';
  return `${names.join(delimiter)}\n${padding}${rows.join(lineEnd)}${pick.chance(50) ? lineEnd : ''}`;
}

function jsonFile(pick: Choices, count: number): string {
  const padding = pick.chance(90) ? ' '.repeat(PADDING) : '';
  const how = style(pick);
  const records = Array.from({ length: count }, () => jsonRecord(pick, how));
  const shape = pick.below(4);
  if (shape === 0)
    return `${padding}${records.join(pick.of(['\n', '\r\n', '\n\n', ' \t\n']))}${pick.of(['', '\n'])}`;
  const list = `[${padding}${records.join(pick.of([',', ',\n', ' , ', ',\n    ']))}]`;
  if (shape === 1) return list;
  if (shape === 2) return `{"metadata": {"total_records": ${count}}, "logs": ${list}}\n`;
  return `{"data": ${list}, "export_metadata": {"total_records": ${count}}}`;
}

/** Damages a few bytes behind the padding. */
export function mutate(pick: Choices, bytes: Uint8Array): Uint8Array {
  let out = bytes;
  const first = out.length < PADDING ? 0 : PADDING;
  for (let i = 1 + pick.below(4); i > 0; i--) {
    const at = first + pick.below(Math.max(1, out.length - first));
    const other = first + pick.below(Math.max(1, out.length - first));
    switch (pick.below(7)) {
      case 0:
        out[at] = pick.below(256);
        break;
      case 1:
        out[at] = pick.of(STRUCTURE);
        break;
      case 2:
        out = Uint8Array.from([...out.subarray(0, at), ...out.subarray(at + 1 + pick.below(4))]);
        break;
      case 3:
        out = Uint8Array.from([...out.subarray(0, at), pick.of(STRUCTURE), ...out.subarray(at)]);
        break;
      case 4:
      case 5:
        out = Uint8Array.from([...out.subarray(0, at), ...pick.of(SEQUENCES), ...out.subarray(at)]);
        break;
      default:
        out.copyWithin(at, other, other + pick.below(40));
    }
  }
  return out;
}

const encoder = new TextEncoder();

/** A file as exporters, other exporters, editors and broken disks make them. */
export function randomExport(seed: number): RandomExport {
  const pick = new Choices(seed);
  const count = 1 + pick.below(pick.chance(20) ? 400 : 40);
  const text = pick.chance(25) ? csvFile(pick, count) : jsonFile(pick, count);
  let bytes = encoder.encode(text);
  if (pick.chance(30)) bytes = mutate(pick, bytes) as typeof bytes;
  if (pick.chance(10)) bytes = bytes.subarray(0, Math.max(0, bytes.length - pick.below(1500)));
  const chunks = pick.chance(50)
    ? [bytes.length]
    : [Math.min(bytes.length, PADDING + pick.below(300)), pick.of(CHUNKS), pick.of(CHUNKS)];
  const limits = pick.chance(10)
    ? { maxRecordBytes: pick.of([200, 600, 2000]), maxDepth: pick.of([2, 4, 64]) }
    : {};
  return { bytes, chunks, limits, records: count };
}
