import { Button } from '@mantine/core';
import { Link, useLocation, useParams } from 'wouter';
import { send } from '../../api/client.js';
import { useChange, useExport, validateExport } from '../../api/queries.js';
import type { Export } from '../../api/types.js';
import { bytes } from '../../format/numbers.js';
import { moment } from '../../format/times.js';
import { shortHash } from '../../format/words.js';
import { Card } from '../../ui/card.js';
import { ConfirmButton } from '../../ui/confirm-button.js';
import { Empty } from '../../ui/empty.js';
import { Loaded } from '../../ui/loaded.js';
import { PageHead } from '../../ui/page-head.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { Facts } from '../../ui/stats.js';
import { Coverage } from './coverage.js';
import { ReportView } from './report-view.js';

export default function ExportPage() {
  const { id = '' } = useParams();
  const query = useExport(id);
  return (
    <>
      <PageHead
        title={query.data?.export_file ?? 'Export'}
        actions={query.data !== undefined && <Actions item={query.data} />}
      >
        <Link href="/exports">All exports</Link>
      </PageHead>
      <Loaded query={query} lines={8}>
        {(item) => <Details item={item} />}
      </Loaded>
    </>
  );
}

function Actions({ item }: { readonly item: Export }) {
  const [, navigate] = useLocation();
  const remove = useChange((id: string) => send(`/exports/${id}`, { method: 'DELETE' }), ['exports']);
  return (
    <>
      <ConfirmButton
        label="Delete"
        title={`Delete ${item.export_file}?`}
        action={`Delete ${item.export_file}`}
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => {
          remove.mutate(item.export_id, {
            onSuccess: () => {
              navigate('/exports');
            },
          });
        }}
      >
        {item.source === 'upload'
          ? 'The uploaded file is deleted. Models trained on it stay.'
          : 'It is taken off the list; its file stays in the exports directory. Models trained on it stay.'}
      </ConfirmButton>
      <Button component={Link} href={`/score?export=${item.export_id}`} variant="default">
        Score it
      </Button>
      <Button component={Link} href={`/trainings/new?export=${item.export_id}`}>
        Train on it
      </Button>
    </>
  );
}

function Details({ item }: { readonly item: Export }) {
  const check = useChange(validateExport, ['export', 'exports']);
  const { validation } = item;
  return (
    <div className="stack">
      {check.isError && <ProblemNotice error={check.error} title="The export could not be checked" />}
      {validation === null ? (
        <section className="card">
          <Empty
            title="Not checked yet"
            action={
              <Button
                loading={check.isPending}
                onClick={() => {
                  check.mutate(item.export_id);
                }}
              >
                Check this export
              </Button>
            }
          >
            A check reads every record and says what is in the file and whether it is enough to train on.
          </Empty>
        </section>
      ) : (
        <>
          <ReportView report={validation} />
          {validation.stats.valid_logs > 0 && <Coverage id={item.export_id} stats={validation.stats} />}
        </>
      )}
      <Card
        title="File"
        aside={
          validation !== null && (
            <Button
              size="xs"
              variant="default"
              loading={check.isPending}
              onClick={() => {
                check.mutate(item.export_id);
              }}
            >
              Check again
            </Button>
          )
        }
      >
        <Facts
          items={[
            ['Original name', item.file_name],
            ['Size', bytes(item.size_bytes)],
            ['Format', formatOf(item)],
            ['Added', moment(item.created_at)],
            ['How', item.source],
            [
              'SHA-256',
              <code key="hash" title={item.sha256}>
                {shortHash(item.sha256)}…
              </code>,
            ],
          ]}
        />
      </Card>
    </div>
  );
}

function formatOf({ validation }: Export): string {
  const file = validation?.files.at(0);
  if (file === undefined) return 'not read yet';
  return file.compression === 'none' ? file.format : `${file.format}, ${file.compression}`;
}
