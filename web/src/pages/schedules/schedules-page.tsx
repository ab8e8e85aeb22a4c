import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { useSchedules } from '../../api/service-queries.js';
import { Empty } from '../../ui/empty.js';
import { Loaded } from '../../ui/loaded.js';
import { PageHead } from '../../ui/page-head.js';
import { ScheduleCard } from './schedule-card.js';

function NewSchedule() {
  return (
    <Button component={Link} href="/schedules/new">
      New schedule
    </Button>
  );
}

export default function SchedulesPage() {
  const schedules = useSchedules();
  return (
    <>
      <PageHead title="Schedules" actions={<NewSchedule />}>
        Trainings that repeat: when, on what data, and what became of the last one.
      </PageHead>
      <Loaded query={schedules} lines={6}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <NoSchedule />;
          return (
            <div className="halves">
              {items.map((schedule) => (
                <ScheduleCard key={schedule.schedule_id} schedule={schedule} />
              ))}
            </div>
          );
        }}
      </Loaded>
      {schedules.hasNextPage && (
        <Button
          mt="md"
          variant="default"
          loading={schedules.isFetchingNextPage}
          onClick={() => void schedules.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </>
  );
}

function NoSchedule() {
  return (
    <section className="card">
      <Empty title="No schedule yet" action={<NewSchedule />}>
        A schedule trains a model again and again, such as each night on the newest export, so that it knows
        how the network is used now.
      </Empty>
    </section>
  );
}
