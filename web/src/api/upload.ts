import { address, authorization } from './client.js';
import { keyStore } from './key-store.js';
import { problemFrom, unreachable } from './problem.js';
import type { Export } from './types.js';

export interface UploadProgress {
  readonly sent: number;
  readonly total: number;
}

/** Uploads one file. XMLHttpRequest, because fetch does not tell how much has been sent. */
export function uploadExport(
  file: File,
  onProgress: (progress: UploadProgress) => void,
  signal: AbortSignal,
): Promise<Export> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', address('/exports'));
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      onProgress({ sent: loaded, total });
    };
    request.onload = () => {
      if (request.status === 401) keyStore.needed();
      if (request.status >= 200 && request.status < 300) {
        resolve(JSON.parse(request.responseText) as Export);
      } else reject(problemFrom(request.status, request.statusText, request.responseText));
    };
    request.onerror = () => {
      reject(unreachable());
    };
    request.onabort = () => {
      reject(new DOMException('The upload was cancelled.', 'AbortError'));
    };
    signal.addEventListener('abort', () => {
      request.abort();
    });
    const form = new FormData();
    form.append('file', file);
    request.send(form);
  });
}
