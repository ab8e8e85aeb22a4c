// Small parts of the load bench.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Resident memory now and at most, MB, as the kernel counts it (Linux). */
export function memoryOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (name) =>
      Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? 0) / 1024);
    return { rss: megabytes('VmRSS'), peak: megabytes('VmHWM') };
  } catch {
    return { rss: 0, peak: 0 };
  }
}

/** What a client measured, as numbers to print. */
export function summary({ times, answers, seconds, bytes }) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) * 10) / 10;
  return {
    requests: sorted.length,
    per_second: Math.round(sorted.length / seconds),
    ...(bytes > 0 ? { uploaded_mb: Math.round(bytes / 1e6) } : {}),
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    max_ms: at(1),
    answers,
  };
}
