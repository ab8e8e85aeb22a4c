import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useExportOf, useLineage } from '../../api/lineage-queries.js';
import type { ModelDetail, ModelLineage, TrainingOrigin } from '../../api/types.js';
import { bytes, plural } from '../../format/numbers.js';
import { moment } from '../../format/times.js';
import { shortHash } from '../../format/words.js';
import { Card } from '../../ui/card.js';
import { Loaded } from '../../ui/loaded.js';
import './lineage-card.css';

const MOST_SHOWN = 5;

/** From the export to the consumer, in the order it happened: a picture that is also read out and walked with Tab. */
export function LineageCard({ model }: { readonly model: ModelDetail }) {
  const query = useLineage(model.version);
  return (
    <Card title="Where it comes from">
      <Loaded query={query} lines={4}>
        {(lineage) => <Graph lineage={lineage} />}
      </Loaded>
    </Card>
  );
}

function Graph({ lineage }: { readonly lineage: ModelLineage }) {
  const { exports, training, ancestors, children, deployments, version } = lineage;
  const line = [...ancestors].reverse();
  return (
    <ol className="lineage" aria-label="Lineage, from the export to the consumer">
      <Stage title={exports.length === 1 ? 'Export' : 'Exports'}>
        {exports.length === 0 && <li>not known</li>}
        {exports.slice(0, MOST_SHOWN).map((file) => (
          <ExportNode key={file.sha256} file={file} />
        ))}
        {exports.length > MOST_SHOWN && <li>and {plural(exports.length - MOST_SHOWN, 'more file')}</li>}
      </Stage>
      <Stage title="Training">
        <TrainingNode lineage={lineage} training={training} />
      </Stage>
      <Stage title={line.length + children.length === 0 ? 'Version' : 'Versions of one forest'} isLine>
        {line.map((name) => (
          <VersionNode key={name} version={name} role="its parent, another threshold" />
        ))}
        <li aria-current="true">
          <strong className="wrap">{version}</strong>
          <span className="soft small">
            {lineage.model_sha256 === null ? 'this version' : <Hash name="model" text={lineage.model_sha256} />}
          </span>
        </li>
        {children.map((name) => (
          <VersionNode key={name} version={name} role="made from it, another threshold" />
        ))}
      </Stage>
      <Stage title={deployments.length === 1 ? 'Deployment' : 'Deployments'}>
        {deployments.length === 0 && <li>no consumer ever had it</li>}
        {deployments.slice(0, MOST_SHOWN).map((record) => (
          <li key={record.id}>
            <Link href="/deploy">{record.target}</Link>
            <span className="soft small">
              {record.action === 'rollback' ? 'rolled back to' : 'deployed'} {moment(record.started_at)} by{' '}
              {record.actor}
              {record.status === 'failed' && ', failed'}
            </span>
          </li>
        ))}
        {deployments.length > MOST_SHOWN && (
          <li>and {plural(deployments.length - MOST_SHOWN, 'earlier one')}</li>
        )}
      </Stage>
    </ol>
  );
}

function Stage({
  title,
  children,
  isLine = false,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly isLine?: boolean;
}) {
  return (
    <li>
      <h3>{title}</h3>
      <ul className={isLine ? 'lineage-nodes lineage-line' : 'lineage-nodes'}>{children}</ul>
    </li>
  );
}

function ExportNode({ file: { name, bytes: size, sha256 } }: { readonly file: ModelLineage['exports'][number] }) {
  const here = useExportOf(sha256).data?.items.at(0);
  const text = name.split('/').at(-1);
  return (
    <li>
      <span className="wrap">
        {here === undefined ? text : <Link href={`/exports/${here.export_id}`}>{text}</Link>}
      </span>
      <span className="soft small">
        {bytes(size)}, <Hash name="content" text={sha256} />
      </span>
    </li>
  );
}

const ORIGINS: Readonly<Record<string, string>> = {
  api: 'started over REST or here',
  cli: 'started on the command line',
  schedule: 'started by a schedule',
};

function TrainingNode({
  lineage,
  training,
}: {
  readonly lineage: ModelLineage;
  readonly training: TrainingOrigin | null;
}) {
  const { config_hash: config, code_version: code } = lineage;
  const schedule = training?.schedule_id;
  return (
    <li>
      {training === null ? (
        'elsewhere, or its run is gone'
      ) : (
        <>
          <Link href={`/trainings/${training.training_id}`}>{moment(training.created_at)}</Link>
          <span className="soft small">{ORIGINS[training.origin] ?? training.origin}</span>
        </>
      )}
      {typeof schedule === 'string' && (
        <span className="small">
          <Link href={`/schedules/${schedule}`}>its schedule</Link>
        </span>
      )}
      <span className="soft small">
        {config !== null && <Hash name="configuration" text={config} />}
        {code !== null && ` program ${code}`}
      </span>
    </li>
  );
}

function VersionNode({ version, role }: { readonly version: string; readonly role: string }) {
  return (
    <li>
      <Link className="wrap" href={`/models/${version}`}>
        {version}
      </Link>
      <span className="soft small">{role}</span>
    </li>
  );
}

function Hash({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <>
      {name} <code title={text}>{shortHash(text)}</code>
    </>
  );
}
