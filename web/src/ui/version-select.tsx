import { Select } from '@mantine/core';
import type { ModelSummary } from '../api/types.js';

/** Chooses a version by its name, model and status. */
export function VersionSelect({
  label,
  description,
  models,
  value,
  onChange,
}: {
  readonly label: string;
  readonly description?: string;
  readonly models: readonly ModelSummary[];
  readonly value: string;
  readonly onChange: (version: string) => void;
}) {
  return (
    <Select
      label={label}
      description={description}
      placeholder="Choose a version"
      searchable
      data={models.map(({ version, model_name: name, status }) => ({
        value: version,
        label: `${version} (${name}, ${status})`,
      }))}
      value={value === '' ? null : value}
      onChange={(next) => {
        if (next !== null) onChange(next);
      }}
    />
  );
}
