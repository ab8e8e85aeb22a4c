import { Button } from '@mantine/core';
import { asProblem } from '../api/problem.js';
import { Notice } from './notice.js';

/** What went wrong, which fields it is about, and what to do. */
export function ProblemNotice({
  error,
  retry,
  title,
}: {
  readonly error: unknown;
  readonly retry?: () => void;
  readonly title?: string;
}) {
  const { detail, hint, errors = [], request_id: requestId, status } = asProblem(error);
  return (
    <Notice
      tone="bad"
      title={title}
      action={
        retry && (
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        )
      }
    >
      <p>{detail}</p>
      {errors.length > 0 && (
        <ul>
          {errors.map(({ pointer, message }) => (
            <li key={`${pointer} ${message}`}>
              <code>{pointer}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {hint !== undefined && <p>{hint}</p>}
      {status >= 500 && requestId !== '' && (
        <p className="small soft">
          The log of the service has the details under the request id <code>{requestId}</code>.
        </p>
      )}
    </Notice>
  );
}
