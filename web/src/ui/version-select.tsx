import { useModel, useModelSearch } from '../api/queries.js';
import type { ModelSummary, VersionStatus } from '../api/types.js';
import { SearchSelect, type Choice } from './search-select.js';

const labelOf = ({ version, model_name: name, status }: ModelSummary): string =>
  `${version} (${name}, ${status})`;

/** Chooses a version by its name, model, tags or notes. */
export function VersionSelect({
  label,
  description,
  status,
  value,
  onChange,
}: {
  readonly label: string;
  readonly description?: string;
  /** Only versions that are in one of these states. */
  readonly status?: readonly VersionStatus[];
  readonly value: string;
  readonly onChange: (version: string) => void;
}) {
  const chosen = useModel(value).data;
  const useChoices = (q: string): readonly Choice[] | undefined =>
    useModelSearch({ status, q }).data?.items.map((model) => ({
      value: model.version,
      label: labelOf(model),
    }));
  return (
    <SearchSelect
      label={label}
      description={description}
      placeholder="Choose a version"
      value={value}
      chosen={chosen === undefined ? value : labelOf(chosen)}
      useChoices={useChoices}
      onChange={onChange}
    />
  );
}
