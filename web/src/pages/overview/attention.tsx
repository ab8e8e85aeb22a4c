import { Link } from 'wouter';
import type { ModelSummary, Run } from '../../api/types.js';
import { ago } from '../../format/times.js';
import { Notice } from '../../ui/notice.js';

const DAY_MS = 86_400_000;

interface Matter {
  readonly key: string;
  readonly href: string;
  readonly text: string;
}

/** What somebody should look at now; nothing is shown when there is nothing. */
export function Attention({
  corrupt,
  runs,
}: {
  /** Versions whose files were changed. */
  readonly corrupt: readonly ModelSummary[];
  readonly runs: readonly Run[];
}) {
  const matters = [...damaged(corrupt), ...unsuccessful(runs)];
  if (matters.length === 0) return null;
  return (
    <Notice tone="warn" title="Needs attention">
      <ul>
        {matters.map(({ key, href, text }) => (
          <li key={key}>
            <Link href={href}>{text}</Link>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function damaged(models: readonly ModelSummary[]): Matter[] {
  return models.map(({ version, model_name: name }) => ({
    key: version,
    href: `/models/${version}`,
    text: `${name} ${version}: its files are not those that were registered.`,
  }));
}

function unsuccessful(runs: readonly Run[]): Matter[] {
  const since = new Date(Date.now() - DAY_MS).toISOString();
  return runs
    .filter(({ status, updated_at: at }) => (status === 'failed' || status === 'rejected') && at > since)
    .map(({ training_id: id, status, model_name: name, updated_at: at, error }) => ({
      key: id,
      href: `/trainings/${id}`,
      text:
        status === 'failed'
          ? `A training of ${name} failed ${ago(at)}: ${error?.message ?? 'no reason was recorded'}`
          : `A training of ${name} ended ${ago(at)} with a model that did not pass its gate.`,
    }));
}
