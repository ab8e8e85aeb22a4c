import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file made by the zstd command (1.5), and what is in it, made anew: nothing of ours was used to write it. */
export interface ZstdSample {
  readonly file: string;
  readonly content: () => Uint8Array;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Numbers that look random and are the same everywhere (Numerical Recipes, "quick and dirty" generator). */
export function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const MESSAGES = [
  'associated',
  'deauthenticated due to inactivity',
  'WPA: pairwise key handshake completed',
  'did not acknowledge',
];

/** NDJSON that a router could have written. */
export function logLines(count: number, seed = 1): string {
  const next = numbers(seed);
  let text = '';
  for (let i = 0; i < count; i++) {
    const station = `02:00:5e:${[next(4), next(256), next(256)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
    const second = String(i % 60).padStart(2, '0');
    text += `{"timestamp":"2025-06-01T00:00:${second}Z","device_id":${next(6)},"process_name":"hostapd","message":"wlan${next(2)}: STA ${station} IEEE 802.11: ${MESSAGES[next(4)]} ${next(100_000)}"}\n`;
  }
  return text;
}

const noise = (length: number, values: number): Uint8Array => {
  const next = numbers(7);
  return Uint8Array.from({ length }, () => next(values));
};

/** Letters of very different frequency, in no order: literals without matches. */
const skewed = (length: number): Uint8Array => {
  const next = numbers(3);
  return Uint8Array.from({ length }, () => 97 + Math.min(next(26), next(26), next(26)));
};

const joined = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

export const ZSTD_SAMPLES: readonly ZstdSample[] = [
  { file: 'empty', content: () => encode('') },
  { file: 'word', content: () => encode('hello\n') },
  { file: 'zeros', content: () => new Uint8Array(1_000_000) },
  { file: 'noise', content: () => noise(5000, 256) },
  { file: 'four-values', content: () => noise(20_000, 4) },
  { file: 'skewed-fast', content: () => skewed(20_000) },
  { file: 'lines-1', content: () => encode(logLines(1200)) },
  { file: 'lines-3-no-checksum', content: () => encode(logLines(1200)) },
  { file: 'lines-19', content: () => encode(logLines(1200)) },
  { file: 'lines-small-window', content: () => encode(logLines(1200)) },
  { file: 'lines-streamed', content: () => encode(logLines(500)) },
  {
    file: 'mixed',
    content: () => joined(encode(logLines(300)), noise(3000, 256), encode(logLines(300)), skewed(5000)),
  },
  { file: 'frames', content: () => joined(encode(logLines(20)), encode(logLines(30, 5)), encode('hello\n')) },
];

export const zstdFile = (file: string): Buffer => readFileSync(join(import.meta.dirname, `${file}.zst`));
