import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import type { AppLogger } from '../platform/logging/app-logger.js';
import { APP_LOGGER } from '../platform/logging/logging.module.js';
import { isExportName } from './core/export-file-name.js';
import { ExportRepository } from './export.repository.js';
import { ExportStore, type FileLook } from './export-store.js';
import { ExportUploadsService } from './export-uploads.service.js';

const NAME = 'exports-watch';

/**
 * Registers files that somebody else puts into the exports directory. A file is complete when two looks in a row find
 * it unchanged. It looks instead of listening, because network shares tell nobody of changes. Several replicas may
 * watch one directory: a file has one record.
 */
@Injectable()
export class ExportWatchService {
  private readonly stopping = new AbortController();
  private looking: Promise<void> = Promise.resolve();
  /** By name: how the file was when it was last seen, and when it was registered. */
  private seen = new Map<string, string>();
  private readonly settled = new Map<string, string>();

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly store: ExportStore,
    private readonly exports: ExportRepository,
    private readonly uploads: ExportUploadsService,
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
    @Inject(APP_LOGGER) private readonly logger: AppLogger,
  ) {}

  start(): void {
    const seconds = this.config.values.storage.watch_exports;
    if (seconds === 0) return;
    const look = (): void => {
      this.looking = this.looking.then(async () => {
        await this.look();
      });
    };
    this.registry.addInterval(NAME, setInterval(look, seconds * 1000));
    look();
  }

  /** Waits for the file that is being read. */
  async stop(): Promise<void> {
    if (this.registry.doesExist('interval', NAME)) this.registry.deleteInterval(NAME);
    this.stopping.abort();
    await this.looking;
  }

  /** One look at the directory. Returns the names of the files that it registered. */
  async look(): Promise<string[]> {
    const registered: string[] = [];
    const before = this.seen;
    this.seen = new Map();
    for (const name of this.store.names('.').filter(isExportName)) {
      if (this.stopping.signal.aborted) break;
      const look = this.store.look(name);
      if (look === null) continue;
      const now = `${look.inode}:${look.sizeBytes}:${look.modifiedMs}`;
      this.seen.set(name, now);
      if (this.settled.get(name) === now || before.get(name) !== now) continue;
      try {
        if (await this.register(name, look)) registered.push(name);
        this.settled.set(name, now);
      } catch (error) {
        // Taken away again, or the database is: the next look decides.
        this.logger.warn(`${name} could not be registered: ${String(error)}`, NAME);
      }
    }
    for (const name of this.settled.keys()) if (!this.seen.has(name)) this.settled.delete(name);
    return registered;
  }

  /** Reads the file, unless this is the first sight of it and it was recorded after its last change. */
  private async register(name: string, look: FileLook): Promise<boolean> {
    if (!this.settled.has(name) && (await this.exports.isRecorded(name, look))) return false;
    const { isNew } = await this.uploads.register(name, 'system:watch');
    if (isNew) this.logger.log(`Registered the export ${name}`, NAME);
    return isNew;
  }
}
