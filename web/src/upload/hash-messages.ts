/** What the worker that hashes a file says. */
export type HashMessage =
  | { readonly kind: 'progress'; readonly done: number }
  | { readonly kind: 'hash'; readonly sha256: string }
  | { readonly kind: 'failed'; readonly message: string };
