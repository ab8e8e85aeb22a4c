import type { HashMessage } from './hash-messages.js';
import { Sha256 } from './sha256.js';

const PIECE_BYTES = 4 * 1024 * 1024;

const say = (message: HashMessage): void => {
  self.postMessage(message);
};

/** Reads the file a piece at a time, so that its size does not matter, beside the page, so that this does not block it. */
async function hash(file: Blob): Promise<void> {
  const sha256 = new Sha256();
  for (let from = 0; from < file.size; from += PIECE_BYTES) {
    const piece = await file.slice(from, from + PIECE_BYTES).arrayBuffer();
    sha256.update(new Uint8Array(piece));
    say({ kind: 'progress', done: from + piece.byteLength });
  }
  say({ kind: 'hash', sha256: sha256.hex() });
}

self.addEventListener('message', ({ data }: MessageEvent<Blob>) => {
  hash(data).catch((error: unknown) => {
    say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  });
});
