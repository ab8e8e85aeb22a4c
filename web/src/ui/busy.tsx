import { Skeleton } from '@mantine/core';

/** Room for what is on its way, so that nothing jumps when it comes. */
export function Busy({ lines = 5, label = 'Loading' }: { readonly lines?: number; readonly label?: string }) {
  return (
    <div className="stack-tight" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, i) => (
        <Skeleton key={i} height={i === 0 ? 28 : 18} width={`${[40, 92, 84, 96, 70][i % 5]}%`} />
      ))}
    </div>
  );
}
