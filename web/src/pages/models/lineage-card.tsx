import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { ModelDetail } from '../../api/types.js';
import { bytes } from '../../format/numbers.js';
import { moment } from '../../format/times.js';
import { shortHash } from '../../format/words.js';
import { Card } from '../../ui/card.js';
import './lineage-card.css';

/** From the export to the consumer, in the order it happened. */
export function LineageCard({ model }: { readonly model: ModelDetail }) {
  const { lineage, training_id: trainingId, version, status, deployed_at: deployedAt } = model;
  return (
    <Card title="Where it comes from">
      <ol className="lineage">
        {(lineage.exports ?? []).map(({ name, bytes: size, sha256 }) => (
          <Step key={sha256} title="Export">
            <span className="wrap">{name.split('/').at(-1)}</span>
            <span className="soft small">
              {bytes(size)}, <code title={sha256}>{shortHash(sha256)}</code>
            </span>
          </Step>
        ))}
        <Step title="Training">
          {trainingId === null ? 'elsewhere' : <Link href={`/trainings/${trainingId}`}>its run</Link>}
          {lineage.config_hash !== undefined && (
            <span className="soft small">
              configuration <code title={lineage.config_hash}>{shortHash(lineage.config_hash)}</code>
            </span>
          )}
        </Step>
        {model.parent_version !== null && (
          <Step title="Same forest, other threshold">
            <Link href={`/models/${model.parent_version}`}>{model.parent_version}</Link>
          </Step>
        )}
        <Step title="Version" isCurrent>
          <strong>{version}</strong>
          <span className="soft small">program {lineage.code_version ?? 'unknown'}</span>
        </Step>
        <Step title="Consumer">
          {status === 'deployed' ? 'loads it now' : deployedAt === null ? 'never had it' : 'had it before'}
          {deployedAt !== null && <span className="soft small">since {moment(deployedAt)}</span>}
        </Step>
      </ol>
    </Card>
  );
}

function Step({
  title,
  children,
  isCurrent = false,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly isCurrent?: boolean;
}) {
  return (
    <li aria-current={isCurrent ? 'step' : undefined}>
      <h3>{title}</h3>
      {children}
    </li>
  );
}
