import { checkClock } from './host';
import { BAD_NAME, lookup, NO_NAME } from './names';
import { Kind, Slot, spanEnd, spanKind, spanStart, State, Stop } from './state';
import { undoubleInto, unescapeInto } from './strings';
import { parseTimestamp, Timestamp } from './timestamp';

/** Bit of the flags column: the timestamp named no zone. */
const NO_ZONE: i32 = 2;

/** Whether a number is written as an integer without sign: such a device is what its digits say. */
function isPlainInteger(start: usize, end: usize): bool {
  for (let p = start; p < end; p++) {
    if (<u32>load<u8>(p) - 48 > 9) return false;
  }
  return true;
}

function deviceOf(): i32 {
  const kind = spanKind(Slot.deviceId);
  if (kind != 0 && kind != Kind.nil) {
    const start = spanStart(Slot.deviceId);
    const end = spanEnd(Slot.deviceId);
    if (kind == Kind.number) {
      if (!isPlainInteger(start, end)) return BAD_NAME;
    } else if (kind != Kind.plain) {
      return BAD_NAME;
    }
    const id = lookup(0, start, end);
    if (id != NO_NAME) return id;
  }
  return firstName(0, Slot.deviceIp, Slot.host);
}

/** The first of the fields `from`..`to` that holds a name; BAD_NAME also when none does: the syslog header may. */
function firstName(nameKind: i32, from: i32, to: i32): i32 {
  for (let slot = from; slot <= to; slot++) {
    const kind = spanKind(slot);
    if (kind == 0 || kind == Kind.nil || kind == Kind.other) continue;
    if (kind == Kind.number) {
      // A program must be text.
      if (nameKind == 1) continue;
    } else if (kind != Kind.plain) {
      return BAD_NAME;
    }
    const id = lookup(nameKind, spanStart(slot), spanEnd(slot));
    if (id != NO_NAME) return id;
  }
  return BAD_NAME;
}

/** Notes why the record at hand does not become a row. */
function leave(stop: i32): bool {
  State.stop = stop;
  return false;
}

/** Appends the record whose fields have been found; false (with State.stop) when it is left to the twin. */
export function appendRow(start: usize): bool {
  const byteOffset = State.base + <f64>start;
  if (spanKind(Slot.timestamp) != Kind.plain) return leave(Stop.timestamp);
  if (!parseTimestamp(spanStart(Slot.timestamp), spanEnd(Slot.timestamp))) return leave(Stop.timestamp);

  const messageKind = spanKind(Slot.message);
  let messageStart = spanStart(Slot.message);
  let messageEnd = spanEnd(Slot.message);
  if (messageKind != Kind.plain) {
    if (messageKind != Kind.escaped && messageKind != Kind.doubled) return leave(Stop.message);
    // Whole blocks are copied, so that up to 16 bytes behind the text are written.
    if (State.arena + (messageEnd - messageStart) + 16 > State.arenaEnd) return leave(Stop.full);
    const end =
      messageKind == Kind.escaped
        ? unescapeInto(messageStart, messageEnd, State.arena)
        : undoubleInto(messageStart, messageEnd, State.arena);
    if (end == 0) return leave(Stop.message);
    messageStart = State.arena;
    messageEnd = end;
  }

  // Only now names are given numbers: those of records that do not count must not get any.
  const device = deviceOf();
  if (device < 0) return leave(Stop.device);
  const program = firstName(1, Slot.processName, Slot.source);
  if (program < 0) return leave(Stop.program);
  const level = firstName(2, Slot.logLevel, Slot.level);
  if (level < 0) return leave(Stop.level);

  if (messageKind != Kind.plain) State.arena = messageEnd;
  const at4 = (<usize>State.rows) << 2;
  const at8 = (<usize>State.rows) << 3;
  store<f64>(State.timeMs + at8, <f64>Timestamp.ms);
  store<f64>(State.byteOffset + at8, byteOffset);
  store<f64>(State.recordIndex + at8, State.recordNumber);
  store<i32>(State.device + at4, device);
  store<i32>(State.program + at4, program);
  // A level comes with the bits of its spelling, which stand above the other flags.
  store<i32>(State.level + at4, level & 255);
  store<u32>(State.messageStart + at4, <u32>messageStart);
  store<u32>(State.messageEnd + at4, <u32>messageEnd);
  store<i32>(State.flags + at4, (level & ~255) | (Timestamp.zoned ? 0 : NO_ZONE));
  // isClockSample of clock-check.ts.
  if (byteOffset < 65_536 || ((<u64>byteOffset) & 0x3ffff) < 1024) {
    const raw = Slot.rawMessage;
    checkClock(State.rows, spanKind(raw), spanStart(raw), spanEnd(raw));
  }
  State.rows++;
  State.recordNumber += 1;
  return true;
}
