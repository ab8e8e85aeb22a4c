/** Protocol buffers by hand, so that a test can write what no library would. */

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const more = rest > 127n;
    bytes.push(Number(rest & 127n) | (more ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

export function number(field: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** A length-delimited field: text, bytes, or a message given as its fields. */
export function message(field: number, ...content: (string | Uint8Array)[]): Buffer {
  const body = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}

export function packedInts(field: number, values: readonly number[]): Buffer {
  return message(field, ...values.map(varint));
}

export function packedFloats(field: number, values: readonly number[]): Buffer {
  return message(field, new Uint8Array(Float32Array.from(values).buffer));
}
