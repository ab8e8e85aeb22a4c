import type { GateCheck } from '../api/types.js';
import { StatusBadge } from './status-badge.js';

function stateOf({ passed, skipped }: GateCheck): string {
  if (skipped) return 'skipped';
  return passed ? 'passed' : 'not passed';
}

export function GateChecks({ checks }: { readonly checks: readonly GateCheck[] }) {
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Check</th>
            <th scope="col">Result</th>
            <th scope="col" className="hide-narrow">
              What was found
            </th>
          </tr>
        </thead>
        <tbody>
          {checks.map((check) => (
            <tr key={check.id}>
              <th scope="row">
                {check.id}: {check.name}
              </th>
              <td>
                <StatusBadge status={stateOf(check)} />
              </td>
              <td className="hide-narrow">{check.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
