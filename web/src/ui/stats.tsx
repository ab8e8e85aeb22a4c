import type { ReactNode } from 'react';

export interface Stat {
  readonly name: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
}

export function Stats({ items }: { readonly items: readonly Stat[] }) {
  return (
    <dl className="stats">
      {items.map(({ name, value, note }) => (
        <div className="stat" key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {note !== undefined && <div className="note">{note}</div>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Names and values in two columns. */
export function Facts({ items }: { readonly items: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {items.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
