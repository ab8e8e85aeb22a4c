import { Autocomplete, Checkbox, Select, TextInput } from '@mantine/core';
import { Card } from '../../ui/card.js';
import type { FieldsProps } from './fields.js';
import { problemAt } from './schedule-form-state.js';

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
const ZONES_SHOWN = 30;

const CATCH_UPS = [
  { value: 'run_once', label: 'train once afterwards' },
  { value: 'skip', label: 'leave them out' },
] as const;

/** Name, moments and what happens with those that were missed. */
export function WhenCard({ form, errors, change }: FieldsProps) {
  return (
    <Card title="When">
      <div className="fields">
        <TextInput
          label="Name"
          placeholder="nightly"
          autoComplete="off"
          description="Letters, digits, dots, dashes and underscores"
          value={form.name}
          error={problemAt(errors, '/name')}
          onChange={(event) => {
            change({ name: event.currentTarget.value });
          }}
        />
        <TextInput
          label="Cron expression"
          description="Minute, hour, day of the month, month, day of the week: 0 3 * * * is each day at 3:00"
          value={form.cron}
          error={problemAt(errors, '/cron')}
          className="mono-input"
          onChange={(event) => {
            change({ cron: event.currentTarget.value });
          }}
        />
        <Autocomplete
          label="Time zone"
          description="Whose clock the expression follows, also when it changes to summer time"
          data={ZONES}
          limit={ZONES_SHOWN}
          value={form.timezone}
          error={problemAt(errors, '/timezone')}
          onChange={(timezone) => {
            change({ timezone });
          }}
        />
        <Select
          label="Moments that were missed"
          description="Because the service was not running"
          data={CATCH_UPS}
          value={form.catchUp}
          error={problemAt(errors, '/catch_up')}
          allowDeselect={false}
          onChange={(catchUp) => {
            if (catchUp !== null) change({ catchUp });
          }}
        />
      </div>
      <Checkbox
        mt="md"
        label="Paused"
        description="It is kept, but trains nothing until it is resumed."
        checked={form.paused}
        onChange={(event) => {
          change({ paused: event.currentTarget.checked });
        }}
      />
    </Card>
  );
}
