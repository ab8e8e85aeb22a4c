import { asProblem } from '../api/problem.js';
import { Notice } from './notice.js';
import { ProblemNotice } from './problem-notice.js';

/** Why a change was not made. When somebody else was faster, what the page shows has been asked for again already. */
export function ChangeProblem({ error, title }: { readonly error: unknown; readonly title?: string }) {
  if (!isOvertaken(error)) return <ProblemNotice title={title} error={error} />;
  return (
    <Notice tone="bad" title={title ?? 'Nothing was changed'}>
      Somebody else changed it meanwhile. What is shown now is the present state: look at it and decide again.
    </Notice>
  );
}

const PRECONDITION_FAILED = 412;

/** Whether the change was decided on a state that is no more. */
export const isOvertaken = (error: unknown): boolean => asProblem(error).status === PRECONDITION_FAILED;
