// A worker in a process of its own, to be killed: takes a job, says so, and sits on it until its signal is aborted.
// Arguments: connection string, queue name, lock in ms. SIGTERM stops it with 200 ms of grace.
import { BullmqEngine } from '../../../src/platform/queue/bullmq-engine.ts';

const [connectionString, queueName, lockMs] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);
const logger = {
  warn: (line) => process.stderr.write(`${line}\n`),
  error: (line) => process.stderr.write(`${line}\n`),
};
const engine = new BullmqEngine({ connectionString, logger });

async function sitOnIt(payload, { jobId, signal }) {
  say(`started ${jobId} ${payload.trainingId}`);
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

const worker = engine.worker(queueName, sitOnIt, { concurrency: 1, lockMs: Number(lockMs) });
process.once('SIGTERM', async () => {
  await worker.stop({ graceMs: 200 });
  await engine.close();
  say('stopped');
});
await worker.start();
say('ready');
