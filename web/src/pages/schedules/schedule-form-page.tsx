import { Link, useParams } from 'wouter';
import { useSeenSchedule } from '../../api/service-queries.js';
import { Loaded } from '../../ui/loaded.js';
import { PageHead } from '../../ui/page-head.js';
import { formOf, newForm } from './schedule-form-state.js';
import { ScheduleFields } from './schedule-form.js';

const hereZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Makes a schedule, or changes the one of the address. */
export default function ScheduleFormPage() {
  const { id } = useParams();
  return id === undefined ? <NewSchedule /> : <ChangeSchedule id={id} />;
}

function NewSchedule() {
  return (
    <>
      <PageHead title="New schedule">
        Each setting is checked by the service as you type. Nothing is trained by making it.
      </PageHead>
      <ScheduleFields
        initial={newForm(hereZone())}
        target={{ method: 'POST', path: '/schedules', etag: null }}
        action="Make the schedule"
      />
    </>
  );
}

function ChangeSchedule({ id }: { readonly id: string }) {
  const seen = useSeenSchedule(id);
  return (
    <>
      <PageHead title={seen.data === undefined ? 'Change a schedule' : `Change ${seen.data.schedule.name}`}>
        Trainings that were started stay as they are. <Link href="/schedules">All schedules</Link>
      </PageHead>
      <Loaded query={seen} lines={8}>
        {({ schedule, etag }) => (
          <ScheduleFields
            key={etag}
            initial={formOf(schedule)}
            target={{ method: 'PATCH', path: `/schedules/${id}`, etag }}
            action={`Change ${schedule.name}`}
          />
        )}
      </Loaded>
    </>
  );
}
