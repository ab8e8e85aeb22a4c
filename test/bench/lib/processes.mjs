// Runs one command and measures it from outside: wall time, CPU time and the peak memory of its largest process.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

const POLL_MS = 15;
const TICKS_PER_SECOND = 100;

/** Processes below (and with) `pid`; a process started by any thread counts. Linux only, else empty. */
function tree(pid, found = []) {
  found.push(pid);
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim();
      if (children !== '') for (const child of children.split(' ')) tree(Number(child), found);
    }
  } catch {
    // The process or the thread has ended meanwhile.
  }
  return found;
}

/** VmHWM only grows, so the last reading before the end is the peak, but for the last few milliseconds. */
function highWaterMb(pid) {
  try {
    const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? 0 : (Number(kib) * 1024) / 1e6;
  } catch {
    return 0;
  }
}

function cpuSeconds(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (
      (Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND
    );
  } catch {
    return 0;
  }
}

/**
 * @returns wall_s, cpu_s (the command and what it waited for), peak_rss_mb (10^6 bytes, the largest single process of
 * the tree), code, stdout, stderr. cpu_s and peak_rss_mb are null where there is no /proc.
 */
export function measure(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const printed = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (printed.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (printed.stderr += text));
    let peak = 0;
    let cpu = 0;
    const poll = () => {
      cpu = Math.max(cpu, cpuSeconds(child.pid));
      for (const pid of tree(child.pid)) peak = Math.max(peak, highWaterMb(pid));
    };
    const timer = setInterval(poll, POLL_MS);
    let wall = 0;
    // 'exit', not 'close': a database server that stays may hold the pipes for longer.
    child.on('exit', () => {
      wall = (performance.now() - begun) / 1000;
      clearInterval(timer);
    });
    child.on('error', (error) => {
      clearInterval(timer);
      reject(error);
    });
    child.on('close', (code) => {
      resolve({
        wall_s: round(wall, 3),
        cpu_s: cpu > 0 ? round(cpu, 2) : null,
        peak_rss_mb: peak > 0 ? round(peak, 0) : null,
        code,
        ...printed,
      });
    });
  });
}

/** {@link measure}, and the command must succeed. */
export async function measureOrThrow(command, args, options = {}) {
  const { okCodes = [0], ...rest } = options;
  const result = await measure(command, args, rest);
  if (!okCodes.includes(result.code)) {
    throw new Error(
      `${command} ${args.join(' ')} ended with code ${result.code}.\n${result.stderr}\n${result.stdout}`,
    );
  }
  return result;
}

/** The last line of the output that is a JSON document. */
export function lastJson(text) {
  const lines = text.trim().split('\n');
  for (let i = lines.length - 1; i >= 0; i--) {
    if (lines[i].startsWith('{')) return JSON.parse(lines[i]);
  }
  throw new Error(`No JSON in: ${text}`);
}

export function round(value, digits) {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
