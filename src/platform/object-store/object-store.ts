/** One object of a bucket, as a listing tells it. */
export interface ObjectInfo {
  /** Relative to the configured prefix. */
  readonly key: string;
  readonly bytes: number;
  readonly changedAtMs: number;
}

/**
 * Whole objects under relative keys. A failure of the server, the network or the credentials is an AppError `unavailable`
 * that names the bucket; none of them says anything about an object.
 */
export interface ObjectStore {
  /** The bucket, for people. */
  readonly label: string;
  /** The server is told the SHA-256 and refuses other bytes, where it knows that header. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** null = there is no such object. */
  get(key: string): Promise<Buffer | null>;
  /** Every object whose key begins with `prefix`. */
  list(prefix: string): Promise<ObjectInfo[]>;
  /** Of those that are there. */
  remove(keys: readonly string[]): Promise<void>;
  /** One question to the bucket. @throws AppError `unavailable` saying why it cannot be used */
  check(timeoutMs: number): Promise<void>;
}

export const OBJECT_STORE = Symbol('OBJECT_STORE');
