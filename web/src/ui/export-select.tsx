import { useExport, useExportSearch } from '../api/queries.js';
import { SearchSelect, type Choice } from './search-select.js';

const useChoices = (q: string): readonly Choice[] | undefined =>
  useExportSearch(q).data?.items.map(({ export_id: id, export_file: file }) => ({ value: id, label: file }));

/** Chooses an export by its name. */
export function ExportSelect({
  label,
  description,
  placeholder = 'Choose an export',
  clearable,
  value,
  onChange,
}: {
  readonly label: string;
  readonly description?: string;
  readonly placeholder?: string;
  readonly clearable?: boolean;
  readonly value: string;
  readonly onChange: (id: string) => void;
}) {
  const chosen = useExport(value).data;
  return (
    <SearchSelect
      label={label}
      description={description}
      placeholder={placeholder}
      clearable={clearable}
      value={value}
      chosen={chosen?.export_file ?? ''}
      useChoices={useChoices}
      onChange={onChange}
    />
  );
}
