import { useQueue } from '../../api/service-queries.js';
import type { QueueStatus } from '../../api/service-types.js';
import { count } from '../../format/numbers.js';
import { duration } from '../../format/times.js';
import { Card } from '../../ui/card.js';
import { Loaded } from '../../ui/loaded.js';
import { Notice } from '../../ui/notice.js';
import { Stats } from '../../ui/stats.js';

/** How much waits to be trained, and who works on it. */
export function QueueCard() {
  const queue = useQueue();
  return (
    <Card title="Queue">
      <Loaded query={queue} lines={3}>
        {(status) => <Figures queue={status} />}
      </Loaded>
    </Card>
  );
}

function Figures({ queue }: { readonly queue: QueueStatus }) {
  const { waiting, active, oldest_waiting_seconds: oldest, capacity, workers } = queue;
  const alive = workers.filter((worker) => worker.alive).length;
  return (
    <div className="stack">
      {capacity === 0 && (
        <Notice tone="warn" title="Nobody works on trainings">
          Start <code>mcp-training serve</code> or <code>mcp-training worker</code>: what is queued waits for
          one.
        </Notice>
      )}
      <Stats
        items={[
          {
            name: 'Waiting',
            value: count(waiting),
            note: oldest === null ? 'no training waits' : `the first for ${duration(oldest)}`,
          },
          { name: 'Under way', value: count(active), note: `${count(capacity)} at a time` },
          {
            name: 'Workers',
            value: count(alive),
            note:
              workers.length > alive ? `${count(workers.length - alive)} more gave no sign of life` : 'alive',
          },
        ]}
      />
    </div>
  );
}
