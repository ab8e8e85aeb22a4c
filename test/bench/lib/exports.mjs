// Log exports for the benchmarks, made by our own sample generator: any size, flat memory, equal bytes for equal options.
import { createReadStream, createWriteStream, openSync, readSync, closeSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

const load = (path) => import(new URL(`../../../dist/src/${path}`, import.meta.url).href);
const LEVELS = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
// Long enough ago for 300 days that lie in the past.
const START_MS = Date.UTC(2024, 5, 1);
const BLOCK_RECORDS = 8192;

/** The reference job: what the goals of docs/benchmarks.md are about. */
export const REFERENCE = { entries: 1_572_030, days: 30, devices: 6 };

const pad = (value) => String(value).padStart(2, '0');

/** One record with the fields, the order and the spacing of the real exporter (Python's json.dumps). */
function recordJson({ id, timestampMs, device, program, pid, facility, level, message }) {
  const time = new Date(timestampMs).toISOString().slice(0, 19);
  const clock = `${MONTHS[Number(time.slice(5, 7)) - 1]} ${time.slice(8, 10).replace(/^0/, ' ')} ${time.slice(11)}`;
  const tag = pid === 0 ? program : `${program}[${pid}]`;
  const raw = `<${facility + level}>${clock} ${device.host} ${tag}: ${message}\n`;
  const structured = `{"priority": ${facility + level}, "facility": ${facility / 8}, "severity_code": ${level}}`;
  return (
    `{"id": ${id}, "device_id": ${device.id}, "device_ip": ${JSON.stringify(device.deviceIp)}, "timestamp": "${time}", ` +
    `"log_level": "${LEVELS[level]}", "process_name": ${JSON.stringify(program)}, "message": ${JSON.stringify(message)}, ` +
    `"raw_message": ${JSON.stringify(raw)}, "structured_data": ${JSON.stringify(structured)}, ` +
    `"pushed_to_ai": false, "pushed_at": null, "push_attempts": 0, "last_push_error": null}`
  );
}

const quoted = (text) => `"${text.replaceAll('"', '""')}"`;

function recordCsv({ id, timestampMs, device, program, level, message }) {
  const time = new Date(timestampMs).toISOString().slice(0, 19);
  return `${id},${device.id},${device.deviceIp},${time},${LEVELS[level]},${program},${quoted(message)}`;
}

const FORMATS = {
  json: {
    head: ({ entries }) =>
      `{\n  "export_metadata": {"created_at": "2025-07-01T00:00:00", "total_records": ${entries}, "format": "json"},\n  "data": [\n`,
    record: recordJson,
    separator: ',\n',
    tail: '\n  ]\n}\n',
  },
  ndjson: { head: () => '', record: recordJson, separator: '\n', tail: '\n' },
  csv: {
    head: () => 'id,device_id,device_ip,timestamp,log_level,process_name,message\n',
    record: recordCsv,
    separator: '\n',
    tail: '\n',
  },
};

/**
 * Writes an export of `entries` lines, newest first as the real exporter does. The generator goes forward in time:
 * blocks are written as they come, each turned round in itself, and then copied last to first.
 */
export async function writeExport(path, { format = 'json', entries, days, devices, seed = 7 }) {
  const { generateSample } = await load('export/core/sample-export.js');
  const { head, record, separator, tail } = FORMATS[format];
  const forward = `${path}.forward`;
  const out = createWriteStream(forward);
  const blocks = [];
  let lines = [];
  const flush = async () => {
    const bytes = Buffer.from(lines.reverse().join(separator));
    blocks.push(bytes.length);
    lines = [];
    if (!out.write(bytes)) await once(out, 'drain');
  };
  for (const line of generateSample({ entries, days, devices, seed, startMs: START_MS, anomalies: true })) {
    lines.push(record(line));
    if (lines.length === BLOCK_RECORDS) await flush();
  }
  if (lines.length > 0) await flush();
  out.end();
  await once(out, 'finish');
  await pipeline(backward(forward, blocks, head({ entries }), separator, tail), createWriteStream(path));
  rmSync(forward);
}

async function* backward(path, blocks, head, separator, tail) {
  const fd = openSync(path, 'r');
  try {
    yield head;
    let end = blocks.reduce((sum, size) => sum + size, 0);
    for (let i = blocks.length - 1; i >= 0; i--) {
      const block = Buffer.allocUnsafe(blocks[i]);
      end -= blocks[i];
      for (let at = 0; at < block.length;) at += readSync(fd, block, at, block.length - at, end + at);
      yield block;
      yield i > 0 ? separator : tail;
    }
  } finally {
    closeSync(fd);
  }
}

export async function gzip(path, target) {
  await pipeline(createReadStream(path), createGzip({ level: 6 }), createWriteStream(target));
}

/** The same document with the spacing of Python's `json.dump(indent=2)`; streaming, any size. */
export async function indent(path, target) {
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20 }),
    (source) => indented(source),
    createWriteStream(target),
  );
}

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = Buffer.from('"\\,:{}[]');
const [SPACE, NEWLINE] = [32, 10];
/** Bytes that one input byte can become. */
const WIDEST = 64;

async function* indented(source) {
  const state = { depth: 0, inString: false, escaped: false, opened: false };
  for await (const chunk of source) yield indentChunk(chunk, state);
  yield Buffer.from([NEWLINE]);
}

/** Writes a line break and the indentation at `to`; returns the place behind. */
function breakLine(out, to, depth) {
  out[to++] = NEWLINE;
  for (let i = 0; i < 2 * depth; i++) out[to++] = SPACE;
  return to;
}

function indentChunk(chunk, state) {
  let { depth, inString, escaped, opened } = state;
  let out = new Uint8Array(chunk.length * 2 + 1024);
  let to = 0;
  for (let at = 0; at < chunk.length; at++) {
    const byte = chunk[at];
    if (to + WIDEST + 2 * depth > out.length) {
      const larger = new Uint8Array(out.length * 2);
      larger.set(out);
      out = larger;
    }
    if (inString) {
      out[to++] = byte;
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) inString = false;
      continue;
    }
    if (byte === SPACE || byte === NEWLINE || byte === 13 || byte === 9) continue;
    const closing = byte === CLOSE || byte === CLOSE_LIST;
    // An empty list or object stays on its line.
    if (closing) {
      depth--;
      if (!opened) to = breakLine(out, to, depth);
    } else if (opened) to = breakLine(out, to, depth);
    opened = false;
    out[to++] = byte;
    if (byte === QUOTE) inString = true;
    else if (byte === OPEN || byte === OPEN_LIST) {
      depth++;
      opened = true;
    } else if (byte === COMMA) to = breakLine(out, to, depth);
    else if (byte === COLON) out[to++] = SPACE;
  }
  Object.assign(state, { depth, inString, escaped, opened });
  return out.subarray(0, to);
}
