import { Progress } from '@mantine/core';
import { Link } from 'wouter';
import { isActive } from '../api/queries.js';
import type { Run } from '../api/types.js';
import { duration, moment } from '../format/times.js';
import { StatusBadge } from './status-badge.js';

export function RunTable({ runs }: { readonly runs: readonly Run[] }) {
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Started</th>
            <th scope="col">Model</th>
            <th scope="col">Status</th>
            <th scope="col" className="hide-narrow">
              Duration
            </th>
            <th scope="col" className="hide-narrow">
              Version
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.training_id}>
              <td>
                <Link href={`/trainings/${run.training_id}`}>{moment(run.created_at)}</Link>
              </td>
              <td>{run.model_name}</td>
              <td>
                <StatusBadge status={run.status} />
                {isActive(run) && (
                  <Progress
                    value={run.progress}
                    size="sm"
                    mt={6}
                    aria-label={`Progress: ${run.progress} %, ${run.step}`}
                  />
                )}
              </td>
              <td className="hide-narrow number">{duration(secondsOf(run))}</td>
              <td className="hide-narrow">
                {run.version === null ? '–' : <Link href={`/models/${run.version}`}>{run.version}</Link>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function secondsOf({ started_at: from, finished_at: to }: Run): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000;
}
