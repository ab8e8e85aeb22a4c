import type { HashMessage } from './hash-messages.js';
import { cancelled } from './cancelled.js';

/** SHA-256 of a file, hex, computed by a worker. */
export function hashFile(
  file: Blob,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const worker = new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module' });
  return new Promise<string>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<HashMessage>) => {
      if (data.kind === 'progress') onProgress(data.done);
      else if (data.kind === 'hash') resolve(data.sha256);
      else reject(new Error(`The file cannot be read: ${data.message} Choose it again.`));
    };
    worker.onerror = () => {
      reject(new Error('The worker that reads the file could not be started. Load the page again.'));
    };
    signal.addEventListener('abort', () => {
      reject(cancelled());
    });
    worker.postMessage(file);
  }).finally(() => {
    worker.terminate();
  });
}
