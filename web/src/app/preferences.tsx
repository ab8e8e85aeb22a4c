import { Button, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { keyStore } from '../api/key-store.js';
import { useZone, zoneName, type Zone } from '../format/times.js';

const SCHEMES = [
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
  { value: 'auto', label: 'Auto' },
] as const;

/** Colours, clock and key of this browser. */
export function Preferences() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [zone, setZone] = useZone();
  const { key } = useSyncExternalStore(keyStore.subscribe, keyStore.read);
  return (
    <>
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label="Colours"
        value={colorScheme}
        onChange={setColorScheme}
        data={[...SCHEMES]}
      />
      <SegmentedControl<Zone>
        size="xs"
        fullWidth
        aria-label="Time zone of all times"
        value={zone}
        onChange={setZone}
        data={[
          { value: 'local', label: 'Local time' },
          { value: 'utc', label: 'UTC' },
        ]}
      />
      <p className="small soft">Times are in {zoneName()}.</p>
      {key !== null && (
        <Button size="xs" variant="default" onClick={keyStore.forget}>
          Forget the API key
        </Button>
      )}
    </>
  );
}
