/** Why a name given over the network is not taken, or the segments of a path below the exports directory. */
export type ExportPath = { readonly segments: readonly string[] } | { readonly refused: true };

const MAX_LENGTH = 512;
const SEGMENT = /^[\p{L}\p{N}_][\p{L}\p{N} ._()+=@,-]{0,199}$/u;

/**
 * Checks a path relative to the exports directory: plain segments only, no dots that climb, no backslash, no control
 * or direction-changing character. One leading `exports/` (the seeds' spelling) is dropped.
 */
export function parseExportPath(text: string): ExportPath {
  if (text.length > MAX_LENGTH) return { refused: true };
  const segments = text.split('/');
  if (segments.length > 1 && segments[0] === 'exports') segments.shift();
  if (!segments.every((segment) => SEGMENT.test(segment))) return { refused: true };
  return { segments };
}

/** A file name for an upload: what the client called it, with everything unusual replaced. */
export function safeFileName(text: string): string {
  const base = text.split(/[\\/]/).at(-1) ?? '';
  const clean = base
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[._-]+/, '')
    .slice(0, 120);
  return clean === '' ? 'export' : clean;
}

/** Names that count as exports in a directory; a file given by its own name may be called anything. */
const EXPORT_NAME = /\.(json|ndjson|jsonl|csv)(\.(gz|zst))?$/i;
/** What lies beside an export and says what in it is an attack. */
const LABELS_NAME = /\.labels\.json(\.(gz|zst))?$/i;
export const EXPORT_NAMES = '.json, .ndjson, .jsonl or .csv, or one of these with .gz or .zst';

export function isExportName(name: string): boolean {
  return EXPORT_NAME.test(name) && !LABELS_NAME.test(name);
}
