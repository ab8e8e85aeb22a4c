import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { Link } from 'wouter';
import { useExports } from '../../api/queries.js';
import type { Export } from '../../api/types.js';
import { bytes, count } from '../../format/numbers.js';
import { moment } from '../../format/times.js';
import { Card } from '../../ui/card.js';
import { Empty } from '../../ui/empty.js';
import { Loaded } from '../../ui/loaded.js';
import { PageHead } from '../../ui/page-head.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { RegisterForm } from './register-form.js';
import { UploadArea } from './upload-area.js';

const PAUSE_MS = 250;

export default function ExportsPage() {
  const [text, setText] = useState('');
  const [typed] = useDebouncedValue(text, PAUSE_MS);
  const exports = useExports(typed);
  const isNone = exports.data?.pages.at(0)?.items.length === 0;
  return (
    <>
      <PageHead title="Exports">Files of router logs that models are trained on and scored with.</PageHead>
      <div className="stack">
        <UploadArea />
        <Card title="All exports" aside={<RegisterForm />}>
          <div className="stack">
            {!(isNone && typed === '') && (
              <TextInput
                label="Find"
                placeholder="name of the file"
                maw={360}
                value={text}
                onChange={(event) => {
                  setText(event.currentTarget.value);
                }}
              />
            )}
            <Loaded query={exports}>
              {({ pages }) => (
                <ExportTable exports={pages.flatMap(({ items }) => items)} isFiltered={typed !== ''} />
              )}
            </Loaded>
          </div>
          {exports.hasNextPage && (
            <Button
              variant="default"
              mt="md"
              loading={exports.isFetchingNextPage}
              onClick={() => void exports.fetchNextPage()}
            >
              Show more
            </Button>
          )}
        </Card>
      </div>
    </>
  );
}

export function validityOf({ validation }: Export): string {
  if (validation === null) return 'not checked yet';
  if (!validation.is_valid) return 'not valid';
  return validation.warnings.length > 0 ? 'valid, with warnings' : 'valid';
}

function ExportTable({
  exports,
  isFiltered,
}: {
  readonly exports: readonly Export[];
  readonly isFiltered: boolean;
}) {
  if (exports.length === 0 && isFiltered)
    return <Empty title="No export is called like that">Change what you look for.</Empty>;
  if (exports.length === 0) {
    return (
      <Empty title="No export yet">
        Drop a file above, or add one that lies in the exports directory of the service already.
      </Empty>
    );
  }
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">Check</th>
            <th scope="col" className="right hide-narrow">
              Log lines
            </th>
            <th scope="col" className="right hide-narrow">
              Size
            </th>
            <th scope="col" className="hide-narrow">
              Added
            </th>
          </tr>
        </thead>
        <tbody>
          {exports.map((item) => (
            <tr key={item.export_id}>
              <th scope="row" className="wrap">
                <Link href={`/exports/${item.export_id}`}>{item.export_file}</Link>
              </th>
              <td>
                <StatusBadge status={validityOf(item)} />
              </td>
              <td className="right hide-narrow">{count(item.validation?.stats.log_count)}</td>
              <td className="right hide-narrow">{bytes(item.size_bytes)}</td>
              <td className="hide-narrow">{moment(item.created_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
