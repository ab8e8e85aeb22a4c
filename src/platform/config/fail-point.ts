/** Places in a training at which a test may end, stop or hang the process: before and after each. */
export const FAIL_POINTS = [
  'receive',
  'validate',
  'extract',
  'split',
  'fit',
  'evaluate',
  'serialise',
  'fsync',
  'rename',
  'insert',
  'commit',
  'notify',
] as const;

export type FailPoint = (typeof FAIL_POINTS)[number];

type Side = 'before' | 'after';

interface Wanted {
  readonly point: string;
  readonly side: Side;
  /** kill = SIGKILL, stop = SIGSTOP, hang = block the process for good. */
  readonly action: 'kill' | 'stop' | 'hang';
}

/** `FAILPOINT=rename:before:kill`, honoured with `NODE_ENV=test` only. Read once: a process does not change its mind. */
const wanted = parse(process.env);

function parse({ NODE_ENV: mode, FAILPOINT: text }: NodeJS.ProcessEnv): Wanted | null {
  const match = /^([a-z]+):(before|after):(kill|stop|hang)$/.exec(mode === 'test' ? (text ?? '') : '');
  if (match === null) return null;
  const [, point, side, action] = match as unknown as [string, string, Side, Wanted['action']];
  return { point, side, action };
}

/** Does nothing, unless the environment of a test asks for it. */
export function failPoint(point: FailPoint, side: Side): void {
  if (wanted?.point !== point || wanted.side !== side) return;
  if (wanted.action === 'kill') process.kill(process.pid, 'SIGKILL');
  if (wanted.action === 'stop') process.kill(process.pid, 'SIGSTOP');
  // A signal to oneself may take a moment; nothing may happen in it. A stopped process goes on here when it is woken.
  if (wanted.action !== 'stop') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** The point on both sides of some work. */
export async function atFailPoint<T>(point: FailPoint, work: () => T | Promise<T>): Promise<T> {
  failPoint(point, 'before');
  const result = await work();
  failPoint(point, 'after');
  return result;
}
