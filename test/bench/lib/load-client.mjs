// One kind of client of the load bench, until its parent says stop: node load-client.mjs probe|readers|uploaders '{"port":...}'
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , role, text] = process.argv;
const { port, training, count, file } = JSON.parse(text);
const PROBE_EVERY_MS = 50;
const TIMEOUT_MS = 60_000;
const measured = { times: [], answers: {}, bytes: 0 };
const begun = performance.now();
let isStopping = false;

process.once('message', () => {
  isStopping = true;
});
process.once('disconnect', () => process.exit(0));

const paths = [
  '/api/v1/models?limit=20',
  '/api/v1/training/runs?limit=20',
  `/api/v1/training/status/${training}`,
  '/api/v1/exports?limit=20',
  '/api/v1/models/stats',
  '/api/v1/health/ready',
  '/metrics',
];

const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
const roles = {
  // A new connection each time, as an orchestrator does it.
  probe: [() => call('GET', '/api/v1/health/live', new Agent()).then(() => sleep(PROBE_EVERY_MS))],
  readers: Array.from({ length: count ?? 0 }, (_, i) => {
    let n = i;
    return () => call('GET', paths[n++ % paths.length], agent);
  }),
  uploaders: Array.from({ length: count ?? 0 }, (_, i) => () => upload(i)),
};
await Promise.all(roles[role].map(loop));
process.send({ ...measured, seconds: (performance.now() - begun) / 1000 });

async function loop(step) {
  while (!isStopping) await step();
}

function call(method, path, through, { headers = {}, body } = {}) {
  const started = performance.now();
  return new Promise((resolve) => {
    const end = (status) => {
      measured.times.push(performance.now() - started);
      measured.answers[status] = (measured.answers[status] ?? 0) + 1;
      resolve();
    };
    const asked = request(
      { host: '127.0.0.1', port, method, path, headers, agent: through, timeout: TIMEOUT_MS },
      (answer) => {
        answer.resume();
        answer.once('end', () => end(String(answer.statusCode)));
        answer.once('error', () => end('cut off'));
      },
    );
    asked.once('timeout', () => asked.destroy(new Error('timeout')));
    asked.once('error', (error) =>
      end(error.message === 'timeout' ? 'none in a minute' : (error.code ?? 'error')),
    );
    asked.end(body);
  });
}

async function upload(n) {
  const boundary = 'load-bench-boundary';
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="upload-${n}.ndjson"\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), readFileSync(file), Buffer.from(`\r\n--${boundary}--\r\n`)]);
  measured.bytes += body.length;
  const headers = {
    'content-type': `multipart/form-data; boundary=${boundary}`,
    'content-length': body.length,
  };
  await call('POST', '/api/v1/exports', agent, { headers, body });
  // A person, not a flood: the disk would only be full sooner.
  await sleep(500);
}
