/**
 * Severity spellings seen in exports and syslog software, by RFC 5424 number. Exporters disagree on case and on
 * abbreviations (one writes `emergency`, another `EMERGENCY`, `logread` writes `err`).
 */
const SPELLINGS: readonly (readonly string[])[] = [
  ['emergency', 'emerg', 'panic'],
  ['alert'],
  ['critical', 'crit', 'fatal'],
  ['error', 'err', 'severe'],
  ['warning', 'warn'],
  ['notice'],
  ['info', 'informational', 'information'],
  ['debug', 'trace', 'verbose'],
];

const BY_NAME: ReadonlyMap<string, number> = new Map(
  SPELLINGS.flatMap((names, level) => [...names, String(level)].map((name) => [name, level] as const)),
);

/** Severity 0 (emergency) .. 7 (debug) of a level in any known spelling, or of the digit itself; -1 = unknown. */
export function normaliseLevel(text: string): number {
  return BY_NAME.get(text.trim().toLowerCase()) ?? -1;
}
