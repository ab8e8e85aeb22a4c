import { describe, expect, it } from 'vitest';
import { planRetention, type RetainedVersion } from './retention.js';

const version = (day: number, change: Partial<RetainedVersion> = {}): RetainedVersion => ({
  version: `v${day}`,
  status: 'available',
  aliases: [],
  createdAt: `2024-01-0${day}T00:00:00.000Z`,
  deployedAt: null,
  ...change,
});
const none = new Set<string>();
const gone = (versions: readonly RetainedVersion[], keep: number, targets = none): string[] =>
  planRetention(versions, keep, targets)
    .filter(({ kept_because: reason }) => reason === null)
    .map((decision) => decision.version);

describe('retention', () => {
  it('lets the oldest go, in whatever order they come', () => {
    const versions = [version(2), version(4), version(1), version(3)];
    expect(gone(versions, 2)).toEqual(['v2', 'v1']);
    expect(gone(versions, 4)).toEqual([]);
  });

  it('never lets the deployed one go, nor one with an alias, nor what a target was given', () => {
    const versions = [
      version(1, { status: 'deployed' }),
      version(2, { aliases: ['challenger'] }),
      version(3),
      version(4),
      version(5),
    ];
    expect(planRetention(versions, 1, new Set(['v3']))).toEqual([
      { version: 'v5', status: 'available', kept_because: 'newest' },
      { version: 'v4', status: 'available', kept_because: null },
      { version: 'v3', status: 'available', kept_because: 'target' },
      { version: 'v2', status: 'available', kept_because: 'alias' },
      { version: 'v1', status: 'deployed', kept_because: 'deployed' },
    ]);
  });

  it('keeps where a rollback leads: the newest older one, and the one deployed last', () => {
    const versions = [
      version(1, { status: 'archived', deployedAt: '2024-02-03T00:00:00.000Z' }),
      version(2, { status: 'archived', deployedAt: '2024-02-01T00:00:00.000Z' }),
      version(3, { status: 'archived', deployedAt: '2024-02-02T00:00:00.000Z' }),
      version(4, { status: 'deployed', deployedAt: '2024-02-04T00:00:00.000Z' }),
      version(5),
    ];
    expect(gone(versions, 1)).toEqual(['v2']);
  });

  it('counts versions that cannot serve apart: failed trainings do not push good ones out', () => {
    const versions = [
      version(1),
      version(2),
      version(3, { status: 'rejected' }),
      version(4, { status: 'corrupt' }),
      version(5, { status: 'rejected' }),
    ];
    expect(gone(versions, 2)).toEqual(['v3']);
  });
});
