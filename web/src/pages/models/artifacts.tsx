import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { download } from '../../api/client.js';
import type { ModelDetail } from '../../api/types.js';
import { shortHash } from '../../format/words.js';
import { Card } from '../../ui/card.js';
import { ProblemNotice } from '../../ui/problem-notice.js';

const FORMATS = [
  { format: 'package', label: 'Package (zip)', file: (version: string) => `model_${version}_deployment.zip` },
  { format: 'joblib', label: 'scikit-learn (joblib)', file: (version: string) => `model_${version}.joblib` },
  { format: 'onnx', label: 'ONNX', file: (version: string) => `model_${version}.onnx` },
];

/** Files of the version: verified by the service before it sends one. */
export function Artifacts({ model: { version, status, artifacts } }: { readonly model: ModelDetail }) {
  const [error, setError] = useState<unknown>(null);
  const get = (path: string, query: Record<string, string>, file: string): void => {
    setError(null);
    download(path, query, file).catch(setError);
  };
  return (
    <Card title="Files">
      <div className="stack">
        <div className="row">
          {FORMATS.map(({ format, label, file }) => (
            <Button
              key={format}
              variant="default"
              leftSection={<IconDownload size={16} aria-hidden />}
              disabled={status === 'corrupt' || (format === 'package' && status === 'rejected')}
              onClick={() => {
                get(`/models/${version}/download`, { format }, file(version));
              }}
            >
              {label}
            </Button>
          ))}
          {'report.html' in artifacts && (
            <Button
              variant="default"
              leftSection={<IconDownload size={16} aria-hidden />}
              onClick={() => {
                get(`/models/${version}/card`, {}, `model_card_${version}.html`);
              }}
            >
              Model card (HTML)
            </Button>
          )}
        </div>
        {error !== null && <ProblemNotice title="The file could not be fetched" error={error} />}
        <details>
          <summary>SHA-256 of each file</summary>
          <div className="scroll-x">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">File</th>
                  <th scope="col">SHA-256</th>
                </tr>
              </thead>
              <tbody>
                {Object.entries(artifacts).map(([file, hash]) => (
                  <tr key={file}>
                    <th scope="row">{file}</th>
                    <td>
                      <code title={hash}>{shortHash(hash)}…</code>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      </div>
    </Card>
  );
}
