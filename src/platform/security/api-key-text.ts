import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

const PREFIX_LENGTH = 12;
const SECRET_BYTES = 32;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const FORMAT = /^mcpt_([a-z0-9]{12})_[A-Za-z0-9_-]{43}$/;
const INSIDE = /mcpt_[a-z0-9]{12}_[A-Za-z0-9_-]{43}/;

/** A key as it is shown once: `mcpt_<prefix>_<secret>`. The marker lets scanners of repositories and logs find it. */
export interface NewApiKey {
  readonly key: string;
  /** Public: it finds the row, and people tell keys apart by it. */
  readonly prefix: string;
}

/** 256 random bits of the system's generator. */
export function newApiKey(): NewApiKey {
  const prefix = Array.from({ length: PREFIX_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return { prefix, key: `mcpt_${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}` };
}

/** The prefix of a text that has the form of a key; undefined for any other text. */
export function prefixOf(text: string): string | undefined {
  return FORMAT.exec(text)?.[1];
}

export function containsApiKey(text: string): boolean {
  return INSIDE.test(text);
}

/** A random secret of 256 bits cannot be guessed from its hash, so a fast one is enough. */
export function keyDigest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Takes the same time wherever two digests begin to differ. */
export function sameDigest(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
