import { Button } from '@mantine/core';
import { Link } from 'wouter';
import type { Query } from '../api/client.js';
import { useAudit } from '../api/queries.js';
import type { AuditEvent } from '../api/types.js';
import { moment } from '../format/times.js';
import { Loaded } from './loaded.js';

const FEW = 8;

/** Who changed what, when and why. */
export function AuditTable({
  query,
  isShort = false,
}: {
  readonly query: Query;
  readonly isShort?: boolean;
}) {
  const audit = useAudit(query);
  return (
    <Loaded query={audit}>
      {({ pages }) => {
        const events = pages.flatMap((page) => page.items);
        if (events.length === 0) return <p className="soft">Nothing has been changed yet.</p>;
        return (
          <div className="stack">
            <div className="scroll-x">
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">When</th>
                    <th scope="col">What</th>
                    <th scope="col">Who</th>
                    <th scope="col" className="hide-narrow">
                      From, to
                    </th>
                    <th scope="col" className="hide-narrow">
                      Reason
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {(isShort ? events.slice(0, FEW) : events).map((event) => (
                    <EventRow key={event.sequence} event={event} />
                  ))}
                </tbody>
              </table>
            </div>
            {!isShort && audit.hasNextPage && (
              <div>
                <Button
                  variant="default"
                  loading={audit.isFetchingNextPage}
                  onClick={() => void audit.fetchNextPage()}
                >
                  Show more
                </Button>
              </div>
            )}
          </div>
        );
      }}
    </Loaded>
  );
}

function EventRow({ event }: { readonly event: AuditEvent }) {
  const isVersion = event.entity === 'model_version';
  return (
    <tr>
      <td>{moment(event.at)}</td>
      <td className="wrap">
        <strong>{event.action}</strong>{' '}
        {isVersion ? (
          <Link href={`/models/${event.entity_id}`}>{event.entity_id}</Link>
        ) : (
          `${event.entity} ${event.entity_id}`
        )}
      </td>
      <td className="wrap actor">{event.actor}</td>
      <td className="hide-narrow wrap small">
        {short(event.from)} → {short(event.to)}
      </td>
      <td className="hide-narrow wrap">{event.reason ?? '–'}</td>
    </tr>
  );
}

function short(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(
        ([name, part]) => `${name}: ${part === null ? 'none' : JSON.stringify(part).replace(/^"|"$/g, '')}`,
      )
      .join(', ');
  }
  return JSON.stringify(value);
}
