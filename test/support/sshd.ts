import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SSHD = '/usr/sbin/sshd';

/** A real OpenSSH server can run here; otherwise the reason, said loudly. */
export function sshdAvailable(): boolean {
  if (existsSync(SSHD)) return true;
  console.warn(`SKIPPED: SFTP deployment is not tested, there is no ${SSHD} (install openssh-server).`);
  return false;
}

/** One OpenSSH server of the test's own: loopback only, a free port, keys in a temporary directory. */
export interface TestSshd {
  readonly port: number;
  readonly username: string;
  readonly directory: string;
  readonly privateKeyFile: string;
  /** Fingerprint as the target's `host_key` wants it. */
  readonly hostKey: string;
  /** kill -9: connections die without a goodbye. */
  kill(): void;
  start(): Promise<void>;
  stop(): void;
}

export async function startSshd(): Promise<TestSshd> {
  const home = mkdtempSync(join(tmpdir(), 'mcp-training-sshd-'));
  const directory = join(home, 'data');
  mkdirSync(directory);
  for (const name of ['host', 'client']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home, name)]);
  }
  const port = await freePort();
  writeFileSync(join(home, 'authorized_keys'), readFileSync(join(home, 'client.pub')));
  writeFileSync(
    join(home, 'config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(home, 'host')}`,
      `AuthorizedKeysFile ${join(home, 'authorized_keys')}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin prohibit-password',
      'Subsystem sftp internal-sftp',
      '',
    ].join('\n'),
  );
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  let child: ChildProcess | undefined;
  const server: TestSshd = {
    port,
    username: userInfo().username,
    directory,
    privateKeyFile: join(home, 'client'),
    hostKey: execFileSync('ssh-keygen', ['-lf', join(home, 'host.pub')], { encoding: 'utf8' }).split(' ')[1],
    kill: () => {
      if (child?.pid !== undefined) {
        for (const pid of [...descendants(child.pid), child.pid]) process.kill(pid, 'SIGKILL');
      }
      child = undefined;
    },
    start: async () => {
      child = spawn(SSHD, ['-D', '-e', '-f', join(home, 'config')], { stdio: 'ignore' });
      await untilListening(port);
    },
    stop: () => {
      server.kill();
      rmSync(home, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

/** Processes below `pid`: sshd puts every session into a process group of its own. */
function descendants(pid: number): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    table.filter(([, ppid]) => ppid === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => {
        resolve(port);
      });
    });
  });
}

async function untilListening(port: number): Promise<void> {
  const { connect } = await import('node:net');
  for (let attempt = 0; attempt < 100; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`sshd does not listen on port ${port}`);
}
