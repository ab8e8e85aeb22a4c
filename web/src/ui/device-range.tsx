import { Button, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { count } from '../format/numbers.js';

export interface DeviceRangeState<Row> {
  /** Rows of the picture. */
  readonly shown: readonly Row[];
  readonly text: string;
  readonly from: number;
  readonly found: number;
  readonly all: number;
  readonly atOnce: number;
  readonly find: (text: string) => void;
  readonly move: (from: number) => void;
}

/** A picture has room for a few devices at once: some of many, and those whose name holds a text. */
export function useDeviceRange<Row extends { readonly device: string }>(
  rows: readonly Row[],
  atOnce: number,
): DeviceRangeState<Row> {
  const [text, setText] = useState('');
  const [from, setFrom] = useState(0);
  const found = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return wanted === '' ? rows : rows.filter(({ device }) => device.toLowerCase().includes(wanted));
  }, [rows, text]);
  const shown = useMemo(() => found.slice(from, from + atOnce), [found, from, atOnce]);
  return {
    ...{ shown, text, from, atOnce, found: found.length, all: rows.length, move: setFrom },
    find: (next) => {
      setText(next);
      setFrom(0);
    },
  };
}

/** Chooses which devices the picture shows; nothing when all of them fit. */
export function DeviceRange({ range }: { readonly range: DeviceRangeState<unknown> }) {
  const { from, found, all, atOnce, text, find, move } = range;
  if (all <= atOnce) return null;
  const to = Math.min(from + atOnce, found);
  return (
    <div className="row row-apart" role="group" aria-label="Devices shown">
      <TextInput
        aria-label="Find a device"
        placeholder="Find a device"
        value={text}
        onChange={(event) => {
          find(event.currentTarget.value);
        }}
      />
      <div className="row">
        <span className="soft small number" aria-live="polite">
          {found === 0
            ? 'No device is called like that'
            : `${count(from + 1)} to ${count(to)} of ${count(found)} devices`}
        </span>
        <Button
          size="xs"
          variant="default"
          disabled={from === 0}
          onClick={() => {
            move(Math.max(0, from - atOnce));
          }}
        >
          Before
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={to >= found}
          onClick={() => {
            move(from + atOnce);
          }}
        >
          Next
        </Button>
      </div>
    </div>
  );
}
