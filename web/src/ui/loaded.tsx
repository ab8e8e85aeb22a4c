import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Busy } from './busy.js';
import { ProblemNotice } from './problem-notice.js';

/** The three states of everything that is fetched: on its way, failed, here. */
export function Loaded<T>({
  query,
  children,
  lines,
}: {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
  readonly lines?: number;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <ProblemNotice error={query.error} retry={() => void query.refetch()} />;
  return <Busy lines={lines} />;
}
