export const cancelled = (): DOMException => new DOMException('The upload was cancelled.', 'AbortError');

export const isCancelled = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'AbortError';
