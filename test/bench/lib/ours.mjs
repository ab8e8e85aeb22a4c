// Our own command line in directories of its own, with the embedded database.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureOrThrow } from './processes.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const entry = join(root, 'bin', 'mcp-training.mjs');
/** 4 = the model did not pass its gate: the work was done all the same, and the figures say so. */
const WORK_DONE = [0, 4];

export class Installation {
  /** @param directory where everything goes; made and removed by this class */
  constructor(parent) {
    this.directory = mkdtempSync(join(parent, 'mcp-training-bench-'));
    // Passable for the user as which the embedded database runs when this runs as root.
    chmodSync(this.directory, 0o755);
    mkdirSync(join(this.directory, 'exports'));
    // Certificates for calls to elsewhere, which no command here makes: Node reads them at every start, 0.05 s of it.
    const inherited = Object.entries(process.env).filter(
      ([key]) => !/^(TRAINING_|DATABASE_URL|NODE_OPTIONS|NODE_EXTRA_CA_CERTS)/.test(key),
    );
    this.env = {
      ...Object.fromEntries(inherited),
      TRAINING_DATA_DIR: join(this.directory, 'data'),
      TRAINING_MODELS_DIR: join(this.directory, 'models'),
      TRAINING_EXPORTS_DIR: join(this.directory, 'exports'),
      TRAINING_LOGS_DIR: join(this.directory, 'logs'),
    };
  }

  databaseRuns = false;

  run(...args) {
    this.databaseRuns = true;
    return measureOrThrow(process.execPath, [entry, ...args], {
      cwd: this.directory,
      env: this.env,
      okCodes: WORK_DONE,
    });
  }

  /** The first command ever makes the database; its seconds are no part of a training. */
  async prepare() {
    const { wall_s: wall } = await this.run('migrate', '--quiet');
    await this.stopDatabase();
    return wall;
  }

  /**
   * One `train`, from a stopped database to the registered model, the whole command as a user types it.
   *
   * @param threads of the forest and of the reading
   */
  async train(file, threads) {
    const overrides = JSON.stringify({ training: { n_jobs: threads } });
    const result = await this.run('train', file, '--config-overrides', overrides, '--quiet', '--json');
    await this.stopDatabase();
    return { ...result, registered: result.code === 0 };
  }

  /** Ends the server that a command has left for the next one; nothing when there is none. */
  async stopDatabase() {
    if (!this.databaseRuns) return;
    const { startEmbeddedPostgres } = await import(
      new URL('../../../dist/src/platform/database/embedded/embedded-postgres.js', import.meta.url).href
    );
    const server = await startEmbeddedPostgres({ dataDir: this.env.TRAINING_DATA_DIR });
    await server.release({ stopIfLast: true });
    this.databaseRuns = false;
  }

  remove() {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
