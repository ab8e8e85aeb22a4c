import { describe, expect, it } from 'vitest';
import type { Run } from '../../api/types.js';
import { withNewest } from './with-newest.js';

const run = (id: string, at: string, status = 'completed'): Run =>
  ({ training_id: id, created_at: at, status }) as Run;

describe('a list of runs with the newest ones', () => {
  it('shows what has changed and what is new, each once', () => {
    const listed = [run('b', '2025-06-02', 'running'), run('a', '2025-06-01')];
    const newest = [run('c', '2025-06-03', 'queued'), run('b', '2025-06-02')];
    expect(withNewest(listed, newest).map(({ training_id: id, status }) => `${id} ${status}`)).toEqual([
      'c queued',
      'b completed',
      'a completed',
    ]);
  });

  it('does not bring up older ones that the list has not come to yet', () => {
    expect(withNewest([run('b', '2025-06-02')], [run('a', '2025-06-01')])).toHaveLength(1);
  });
});
