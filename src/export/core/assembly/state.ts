// What the parts of the scanner share. Static fields become WebAssembly globals. All positions are addresses in the
// shared memory.

/** Kinds of a value; the numbers of KIND in field-spans.ts. */
export namespace Kind {
  export const plain: i32 = 1;
  export const escaped: i32 = 2;
  export const doubled: i32 = 3;
  export const number: i32 = 4;
  export const nil: i32 = 5;
  export const other: i32 = 6;
}

/** Why the scanner stopped, beyond "the bytes at hand are used up". Also counters for the fuzzer: see lastStop. */
export namespace Stop {
  export const input: i32 = 0;
  export const full: i32 = 1;
  export const syntax: i32 = 2;
  export const cut: i32 = 3;
  export const tooLong: i32 = 4;
  export const timestamp: i32 = 5;
  export const message: i32 = 6;
  export const device: i32 = 7;
  export const program: i32 = 8;
  export const level: i32 = 9;
  export const separator: i32 = 10;
  export const columns: i32 = 11;
}

export class State {
  /** Most bytes of a record. */
  static maxRecord: usize = 0;
  /** Most containers around a value, the record included. */
  static maxDepth: i32 = 0;

  /** Columns of the batch, see record-batch.ts. */
  static timeMs: usize = 0;
  static byteOffset: usize = 0;
  static recordIndex: usize = 0;
  static device: usize = 0;
  static program: usize = 0;
  static level: usize = 0;
  static messageStart: usize = 0;
  static messageEnd: usize = 0;
  static flags: usize = 0;
  static maxRows: i32 = 0;

  /** Rows in use. */
  static rows: i32 = 0;
  /** Position in the file of address 0. */
  static base: f64 = 0;
  /** Number of the record at hand in its file. */
  static recordNumber: f64 = 0;

  /** Free part of the arena. */
  static arena: usize = 0;
  static arenaEnd: usize = 0;

  /** Kind of the value scanned last. */
  static kind: i32 = 0;
  /** Fields of the record at hand: one bit a slot. */
  static seen: i32 = 0;
  static stop: i32 = 0;

  /** Addresses of the tables. */
  static names: usize = 0;
  static keys: usize = 0;
  static spans: usize = 0;
  static columnSlots: usize = 0;
}

/** Slots of the known fields; the order of FIELD_NAMES in field-spans.ts. */
export namespace Slot {
  export const timestamp: i32 = 0;
  export const message: i32 = 1;
  export const processName: i32 = 2;
  export const source: i32 = 4;
  export const logLevel: i32 = 5;
  export const level: i32 = 6;
  export const deviceId: i32 = 7;
  export const deviceIp: i32 = 8;
  export const host: i32 = 10;
  export const rawMessage: i32 = 11;
}

/** Notes where the value of a known field lies: 12 bytes a slot. */
export function setSpan(slot: i32, kind: i32, start: usize, end: usize): void {
  const at = State.spans + <usize>slot * 12;
  store<i32>(at, kind);
  store<u32>(at, <u32>start, 4);
  store<u32>(at, <u32>end, 8);
}

/** Kind of a field, 0 when the record does not have it. */
export function spanKind(slot: i32): i32 {
  return State.seen & (1 << slot) ? load<i32>(State.spans + <usize>slot * 12) : 0;
}

export function spanStart(slot: i32): usize {
  return <usize>load<u32>(State.spans + <usize>slot * 12, 4);
}

export function spanEnd(slot: i32): usize {
  return <usize>load<u32>(State.spans + <usize>slot * 12, 8);
}
