import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface SearchSelectProps {
  readonly label: string;
  readonly description?: string;
  readonly placeholder: string;
  readonly value: string;
  /** What is chosen, also when it is not among the choices. */
  readonly chosen: string;
  /** Choices for what was typed; undefined while they are on their way. */
  readonly useChoices: (text: string) => readonly Choice[] | undefined;
  readonly clearable?: boolean;
  /** The empty text: nothing any more. */
  readonly onChange: (value: string) => void;
}

const PAUSE_MS = 200;

/** Chooses one of very many: the service looks for what is typed, and a screenful of answers is shown. */
export function SearchSelect({
  value,
  chosen,
  useChoices,
  onChange,
  clearable = false,
  ...shown
}: SearchSelectProps) {
  const [text, setText] = useState('');
  // The text of the field is the label of what is chosen until somebody types.
  const [typed] = useDebouncedValue(text === chosen ? '' : text, PAUSE_MS);
  const found = useChoices(typed);
  const isMissing = value !== '' && typed === '' && found?.some((choice) => choice.value === value) !== true;
  return (
    <Select
      {...shown}
      searchable
      clearable={clearable}
      clearButtonProps={{ 'aria-label': `Clear ${shown.label}` }}
      allowDeselect={false}
      nothingFoundMessage={found === undefined ? 'Looking …' : 'Nothing is like that'}
      data={[...(isMissing ? [{ value, label: chosen }] : []), ...(found ?? [])]}
      // The service has looked already.
      filter={({ options }) => options}
      value={value === '' ? null : value}
      searchValue={text}
      onSearchChange={setText}
      onChange={(next) => {
        if (next !== null || clearable) onChange(next ?? '');
      }}
    />
  );
}
