import { appendFileSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SchedulerRegistry } from '@nestjs/schedule';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ExportRepository } from '../../../src/export/export.repository.js';
import { ExportStore } from '../../../src/export/export-store.js';
import { ExportUploadsService } from '../../../src/export/export-uploads.service.js';
import { ExportWatchService } from '../../../src/export/export-watch.service.js';
import { ExportsService } from '../../../src/export/exports.service.js';
import type { AppLogger } from '../../../src/platform/logging/app-logger.js';
import { APP_LOGGER } from '../../../src/platform/logging/logging.module.js';
import { sha256Hex } from '../../../src/shared/digest.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { listen } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

interface Listed {
  readonly export_id: string;
  readonly export_file: string;
  readonly sha256: string;
}

describe('the watch of the exports directory', () => {
  const directory = temporaryDirectory('watch');
  const exportsDir = join(directory, 'exports');
  let application: TestApplication;
  let watch: ExportWatchService;
  let port = 0;

  beforeAll(async () => {
    application = await startApplication('watch', directory);
    port = await listen(application);
    mkdirSync(exportsDir, { recursive: true });
  });
  afterAll(() => application.close());
  beforeEach(async () => {
    watch = newWatch();
    // Whatever lies there is settled.
    await watch.look();
    await watch.look();
  });

  const newWatch = (): ExportWatchService => {
    const { app, config } = application;
    return new ExportWatchService(
      app.get(SchedulerRegistry),
      app.get(ExportStore),
      app.get(ExportRepository),
      app.get(ExportUploadsService),
      config,
      app.get<AppLogger>(APP_LOGGER),
    );
  };
  const put = (name: string, text: string): string => {
    writeFileSync(join(exportsDir, name), text);
    return name;
  };
  const listed = async (): Promise<Listed[]> =>
    ((await request(`http://127.0.0.1:${port}`).get('/api/v1/exports?limit=200')).body as { items: Listed[] })
      .items;

  it('registers a file once it is the same at two looks, with its hash, and once only', async () => {
    put('complete.json', '{"logs":[]}');
    expect(await watch.look()).toEqual([]);
    expect(await watch.look()).toEqual(['complete.json']);
    expect(await watch.look()).toEqual([]);
    const found = (await listed()).filter(({ export_file }) => export_file === 'complete.json');
    expect(found.map(({ sha256 }) => sha256)).toEqual([sha256Hex('{"logs":[]}')]);
  });

  it('leaves a file alone that still grows, and takes it when it is complete', async () => {
    put('growing.json', '{"logs":[');
    for (const text of [' ', ' ', ']}']) {
      expect(await watch.look()).toEqual([]);
      appendFileSync(join(exportsDir, 'growing.json'), text);
    }
    expect(await watch.look()).toEqual([]);
    expect(await watch.look()).toEqual(['growing.json']);
    const [{ sha256 }] = (await listed()).filter(({ export_file }) => export_file === 'growing.json');
    expect(sha256).toBe(sha256Hex('{"logs":[  ]}'));
  });

  it('makes another export of a file that was replaced', async () => {
    put('daily.json', '{"logs":[1]}');
    await watch.look();
    expect(await watch.look()).toEqual(['daily.json']);
    const before = (await listed()).find(({ export_file }) => export_file === 'daily.json')!;
    put('.daily.new', '{"logs":[2]}');
    renameSync(join(exportsDir, '.daily.new'), join(exportsDir, 'daily.json'));
    await watch.look();
    expect(await watch.look()).toEqual(['daily.json']);
    const after = (await listed()).filter(({ export_file }) => export_file === 'daily.json');
    expect(after).toHaveLength(1);
    expect(after[0].export_id).not.toBe(before.export_id);
  });

  it('takes no unfinished upload, hidden file, directory, link, nor what is no export', async () => {
    put('.tmp-upload', '{"logs":[]}');
    put('.hidden.json', '{"logs":[]}');
    put('notes.md', 'x');
    put('complete.labels.json', '{"episodes":[]}');
    mkdirSync(join(exportsDir, 'folder.json'));
    symlinkSync(join(exportsDir, 'complete.json'), join(exportsDir, 'symbolic.json'));
    writeFileSync(join(directory, 'elsewhere.json'), '{"logs":[]}');
    linkSync(join(directory, 'elsewhere.json'), join(exportsDir, 'hard.json'));
    await watch.look();
    expect(await watch.look()).toEqual([]);
  });

  it('does not read again after a restart what is recorded, nor list again what was taken off the list', async () => {
    put('known.json', '{"logs":[3]}');
    await watch.look();
    await watch.look();
    const { export_id: id } = (await listed()).find(({ export_file }) => export_file === 'known.json')!;
    expect((await request(`http://127.0.0.1:${port}`).delete(`/api/v1/exports/${id}`)).status).toBe(204);
    const restarted = newWatch();
    await restarted.look();
    expect(await restarted.look()).toEqual([]);
  });

  it('gets over a file that goes away between two looks', async () => {
    put('fleeting.json', '{"logs":[]}');
    await watch.look();
    rmSync(join(exportsDir, 'fleeting.json'));
    expect(await watch.look()).toEqual([]);
    expect(
      application.app
        .get(ExportsService)
        .filesIn('.')
        .map(({ name }) => name),
    ).not.toContain('fleeting.json');
  });
});
