/**
 * Where a delivery goes: a directory of this machine or one behind SFTP. Paths are relative to the target's directory
 * and use `/`. Every change appears as a whole: a reader sees the old thing or the new one, never half of one.
 */
export interface DeploymentStore {
  /** For messages: `/srv/models` or `sftp://user@host/models`. */
  readonly location: string;
  /** Writes a file under its final name only when it is complete; keeps one that holds the same bytes already. */
  putFile(path: string, data: Uint8Array): Promise<void>;
  /** Bytes of a file, links followed; null = there is none. */
  readFile(path: string): Promise<Uint8Array | null>;
  /** Creates or atomically replaces a symbolic link; `target` is relative to the store's directory. */
  putLink(path: string, target: string): Promise<void>;
  /** What the link leads to, relative to the store's directory; null = there is no such link. */
  readLink(path: string): Promise<string | null>;
  /** Makes what was written survive a power loss, as far as the transport can promise it. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
