/** Record fields the parser reads; every other field is skipped. The order gives the slot numbers. */
export const FIELD_NAMES = [
  'timestamp',
  'message',
  'process_name',
  'program',
  'source',
  'log_level',
  'level',
  'device_id',
  'device_ip',
  'hostname',
  'host',
  'raw_message',
] as const;

export const FIELD_COUNT = FIELD_NAMES.length;

/** Slot of the field that holds labels, whatever it is called; in use only where an ingest asks for one. */
export const LABEL_SLOT = FIELD_COUNT;
const SLOT_COUNT = FIELD_COUNT + 1;

/** Slot of a field in {@link FieldSpans}. */
export const SLOT = {
  timestamp: 0,
  message: 1,
  processName: 2,
  program: 3,
  source: 4,
  logLevel: 5,
  level: 6,
  deviceId: 7,
  deviceIp: 8,
  hostname: 9,
  host: 10,
  rawMessage: 11,
} as const;

/** How the bytes of a field are to be read. */
export const KIND = {
  absent: 0,
  /** Text as it stands, valid UTF-8. */
  plain: 1,
  /** Text with JSON escapes. */
  escaped: 2,
  /** CSV text with doubled quotes. */
  doubled: 3,
  number: 4,
  null: 5,
  /** true, false, an object or an array. */
  other: 6,
} as const;

/** Where the known fields of the current record lie in the buffer. Reused for each record: no allocation. */
export class FieldSpans {
  readonly kind = new Uint8Array(SLOT_COUNT);
  readonly start = new Int32Array(SLOT_COUNT);
  readonly end = new Int32Array(SLOT_COUNT);

  reset(): void {
    this.kind.fill(KIND.absent);
  }

  set(slot: number, kind: number, start: number, end: number): void {
    this.kind[slot] = kind;
    this.start[slot] = start;
    this.end[slot] = end;
  }

  isText(slot: number): boolean {
    const kind = this.kind[slot];
    return kind === KIND.plain || kind === KIND.escaped || kind === KIND.doubled;
  }
}

const NAME_BYTES: readonly Uint8Array[] = FIELD_NAMES.map((name) =>
  Uint8Array.from({ length: name.length }, (_, i) => name.charCodeAt(i)),
);
const MAX_NAME = 12;
const BY_LENGTH: readonly (readonly number[])[] = Array.from({ length: MAX_NAME + 1 }, (_, length) =>
  NAME_BYTES.flatMap((bytes, slot) => (bytes.length === length ? [slot] : [])),
);

/** Slot of the field whose name is exactly bytes [start, end), or -1. */
export function findSlot(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > MAX_NAME) return -1;
  const candidates = BY_LENGTH[length];
  for (let c = 0; c < candidates.length; c++) {
    const name = NAME_BYTES[candidates[c]];
    let i = 0;
    while (i < length && name[i] === bytes[start + i]) i++;
    if (i === length) return candidates[c];
  }
  return -1;
}

/** Whether bytes [start, end) are exactly `name`. */
export function isName(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}
