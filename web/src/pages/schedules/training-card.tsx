import { Checkbox, Textarea, TextInput } from '@mantine/core';
import { Card } from '../../ui/card.js';
import type { FieldsProps } from './fields.js';
import { problemAt } from './schedule-form-state.js';

/** What comes out of its trainings. */
export function TrainingCard({ form, errors, change }: FieldsProps) {
  return (
    <Card title="Model">
      <div className="fields">
        <TextInput
          label="Model name"
          description="Versions of one name replace each other when deployed"
          value={form.model}
          error={problemAt(errors, '/model_name')}
          onChange={(event) => {
            change({ model: event.currentTarget.value });
          }}
        />
        <Textarea
          label="Settings of its trainings (JSON)"
          description="Empty: as the service is set"
          placeholder='{"model": {"n_estimators": 200}}'
          autosize
          minRows={1}
          maxRows={12}
          value={form.overrides}
          error={problemAt(errors, '/config_overrides')}
          onChange={(event) => {
            change({ overrides: event.currentTarget.value });
          }}
        />
      </div>
      <Checkbox
        mt="md"
        label="Deploy each model that passes its gate"
        description="The consumer then loads it at once, without anybody looking at its report. Needs the scope deploy."
        checked={form.deploy}
        onChange={(event) => {
          change({ deploy: event.currentTarget.checked });
        }}
      />
    </Card>
  );
}
