import type { ValueTransformer } from 'typeorm';

/** The driver returns bigint as text; sizes, counts and sequences here stay far below 2^53, so numbers are exact. */
export const bigintColumn: ValueTransformer = {
  to: (value: unknown): unknown => value,
  from: (value: unknown): unknown => (typeof value === 'string' ? Number(value) : value),
};
