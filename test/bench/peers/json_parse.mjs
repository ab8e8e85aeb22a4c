// The plain Node peer of the ingest: one JSON.parse (or one split CSV row) a record, regular expressions, a Map of
// windows. No thread, no dependency. What it counts is what the Python peers count (events.py).
//   node json_parse.mjs FILE      prints one JSON line
import { createReadStream, openSync, readSync, closeSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The patterns of events.py, so that they cannot differ: Python's raw strings without quotes in them. */
const source = readFileSync(fileURLToPath(new URL('events.py', import.meta.url)), 'utf8');
const literals = (text) =>
  [...text.matchAll(/r"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1].replaceAll('\\"', '"')).join('');
const pattern = (name, flags) => {
  const text = new RegExp(`(?:^| {4}")${name}(?:":| =) (\\([\\s\\S]*?\\n {0,4}\\)|r".*")`, 'm').exec(source);
  return new RegExp(literals(text[1]), flags);
};
const GROUPS = ['auth_failures', 'disconnects', 'disassociations', 'connects', 'beacons', 'joins'];
const groups = GROUPS.map((name) => pattern(name));
const errorText = pattern('ERROR_TEXT', 'i');
const otherWifi = pattern('OTHER_WIFI');
const [mac, ssid, signal, txrate] = ['MAC', 'SSID', 'SIGNAL', 'TXRATE'].map((name) => pattern(name));
const wifiPrograms = new Set([
  'hostapd',
  'wpa_supplicant',
  'wlceventd',
  'acsd',
  'acsd2',
  'roamast',
  'bsd',
  'eapd',
  'nas',
]);

const windows = new Map();
let records = 0;

function add({ device_id: device, timestamp, log_level: level, process_name: program, message }) {
  records++;
  const ms = Date.parse(`${timestamp}Z`);
  const window = Math.floor(ms / 300_000);
  const key = `${device} ${window}`;
  let sums = windows.get(key);
  if (sums === undefined) {
    sums = {
      logs: 0,
      wifi: 0,
      errors: 0,
      warnings: 0,
      errorTexts: 0,
      offsets: 0,
      first: 3e5,
      last: 0,
      counts: [0, 0, 0, 0, 0, 0],
      macs: new Set(),
      ssids: new Set(),
      programs: new Set(),
      signals: 0,
      signalSum: 0,
      signalSquares: 0,
      rates: 0,
      rateSum: 0,
    };
    windows.set(key, sums);
  }
  const offset = ms - window * 300_000;
  sums.logs++;
  sums.offsets += offset;
  sums.first = Math.min(sums.first, offset);
  sums.last = Math.max(sums.last, offset);
  for (let i = 0; i < groups.length; i++) if (groups[i].test(message)) sums.counts[i]++;
  if (wifiPrograms.has(program) || otherWifi.test(message)) sums.wifi++;
  if (errorText.test(message)) sums.errorTexts++;
  if (level === 'warning') sums.warnings++;
  else if (level === 'error' || level === 'critical' || level === 'alert' || level === 'emergency')
    sums.errors++;
  sums.programs.add(program);
  const address = mac.exec(message);
  if (address !== null) sums.macs.add(address[1].toLowerCase());
  const name = ssid.exec(message);
  if (name !== null) sums.ssids.add(name[1]);
  const dbm = signal.exec(message);
  if (dbm !== null) {
    sums.signals++;
    sums.signalSum += Number(dbm[1]);
    sums.signalSquares += Number(dbm[1]) ** 2;
  }
  const rate = txrate.exec(message);
  if (rate !== null) {
    sums.rates++;
    sums.rateSum += Number(rate[1]);
  }
}

function isGzip(file) {
  const fd = openSync(file, 'r');
  const head = Buffer.alloc(2);
  readSync(fd, head, 0, 2, 0);
  closeSync(fd);
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** One row of a CSV with quoted fields; no line break inside a field occurs in the files of this benchmark. */
function splitRow(line) {
  const fields = [];
  for (let at = 0; at <= line.length;) {
    if (line[at] === '"') {
      let end = at + 1;
      while (line[end] !== '"' || line[end + 1] === '"') end += line[end] === '"' ? 2 : 1;
      fields.push(line.slice(at + 1, end).replaceAll('""', '"'));
      at = end + 2;
    } else {
      const end = line.indexOf(',', at);
      fields.push(line.slice(at, end < 0 ? line.length : end));
      at = end < 0 ? line.length + 1 : end + 1;
    }
  }
  return fields;
}

let header = null;
function take(line) {
  if (line.startsWith('{"')) add(JSON.parse(line.endsWith(',') ? line.slice(0, -1) : line));
  else if (line.startsWith('id,')) header = line.split(',');
  else if (header !== null && line !== '') {
    const row = splitRow(line);
    add(Object.fromEntries(header.map((name, i) => [name, row[i]])));
  }
}

const begun = performance.now();
const file = process.argv[2];
const raw = createReadStream(file, { highWaterMark: 1 << 20 });
const text = isGzip(file) ? raw.pipe(createGunzip({ chunkSize: 1 << 18 })) : raw;
let rest = '';
for await (const chunk of text.setEncoding('utf8')) {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  for (const line of lines) take(line);
}
take(rest);
const wall = (performance.now() - begun) / 1000;
const total = (i) => [...windows.values()].reduce((sum, { counts }) => sum + counts[i], 0);
const events = Object.fromEntries(GROUPS.map((name, i) => [name, total(i)]));
console.log(JSON.stringify({ wall_s: wall, records, windows: windows.size, events }));
