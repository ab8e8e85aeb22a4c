// The one thing of Node that the pure code may use: shared/digest.ts hashes. Everything else of Node does not compile
// there, because tsconfig.core.json loads no other types.
declare module 'node:crypto' {
  interface Hash {
    update(data: Uint8Array | string): Hash;
    digest(encoding: 'hex' | 'base64'): string;
  }
  export function createHash(algorithm: 'sha256'): Hash;
}
