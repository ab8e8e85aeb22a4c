import type { DeployOutcome } from '../../api/types.js';
import { Notice } from '../../ui/notice.js';
import { Facts } from '../../ui/stats.js';

export const effectOf = ({ model_name: name, version, previous_version: previous }: DeployOutcome): string =>
  previous === null ? `${name}: nothing → ${version}` : `${name}: ${previous} → ${version}`;

/** The exact effect, before it happens. */
export function Effect({ outcome }: { readonly outcome: DeployOutcome }) {
  const { target, layout, version, previous_version: previous } = outcome;
  return (
    <Notice title="This is what will happen">
      <Facts
        items={[
          ['Model', effectOf(outcome)],
          ['Target', `${target} (${layout})`],
          [
            'Before',
            previous === null ? 'the consumer has no model' : `${previous} is archived and can be taken back`,
          ],
          ['Check', `the files of ${version} are verified first; nothing changes if one differs`],
        ]}
      />
    </Notice>
  );
}
