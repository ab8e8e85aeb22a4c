import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliSandbox } from '../support/cli.js';
import { asJson, sampleRows } from '../support/sample-files.js';
import { Service } from '../e2e/service.js';
import { chromiumPath } from '../support/chromium.js';
import { Visitor, type Look } from './browser.js';
import { fullPages } from './full-pages.js';

/** The whole way is walked in two looks; in a third and a fourth each page is opened once on what the walk has made. */
const WALKS: { look: Look; other: Look }[] = [
  { look: { scheme: 'light', width: 1440 }, other: { scheme: 'light', width: 390 } },
  { look: { scheme: 'dark', width: 390 }, other: { scheme: 'dark', width: 1440 } },
];

if (chromiumPath === undefined) {
  console.warn(
    'SKIPPED: no Chromium on this machine (Debian: apt-get install chromium); the dashboard is not walked.',
  );
}

describe.skipIf(chromiumPath === undefined)('the dashboard in a browser', () => {
  describe.each(WALKS)('$look.scheme, $look.width px', ({ look, other }) => {
    let sandbox: CliSandbox;
    let service: Service;
    let visitor: Visitor;
    let versions: string[] = [];

    beforeAll(async () => {
      sandbox = await CliSandbox.create(`browser-${look.scheme}`);
      service = await Service.start(sandbox);
      visitor = await Visitor.start(service.port, look);
    });
    afterAll(async () => {
      await visitor.close();
      await service.stop();
      await sandbox.cleanUp();
    });

    it('says the next step on every page while there is nothing', async () => {
      const { page } = visitor;
      const texts: [string, RegExp][] = [
        ['/', /No model yet/],
        ['/exports', /No export yet/],
        ['/trainings', /No training yet/],
        ['/trainings/new', /no export to train on/],
        ['/schedules', /No schedule yet/],
        ['/schedules/new', /checked by the service as you type/],
        ['/models', /No model yet/],
        ['/compare', /Choose two versions/],
        ['/deploy', /nothing to deploy yet/],
        ['/score', /Scoring needs a model/],
        ['/settings', /Fingerprint of what shapes a model/],
        ['/api-keys', /This service has no key yet/],
        ['/audit', /The database lets nobody change/],
        ['/nowhere', /nothing at this address/],
      ];
      for (const [path, text] of texts) {
        await visitor.open(path);
        await page.getByText(text).first().waitFor();
        await visitor.check();
      }
    });

    it('makes, pauses and deletes a schedule, and says at the field what is wrong', async () => {
      const { page } = visitor;
      await visitor.open('/schedules/new');
      await page.getByLabel('Name', { exact: true }).fill('nightly');
      await page.getByLabel('Cron expression').fill('61 3 * * *');
      await page.getByLabel('Cron expression').and(page.locator('[aria-invalid="true"]')).waitFor();
      await visitor.expectRefusal(422);
      await visitor.check();
      await page.getByLabel('Cron expression').fill('0 3 * * *');
      await page.getByText(/^Trains wifi next on/).waitFor();
      await visitor.check();
      await page.getByRole('button', { name: 'Make the schedule' }).click();
      await page.getByRole('heading', { name: 'nightly' }).waitFor();
      await visitor.check();
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText('nothing while it is paused').waitFor();
      await page.getByRole('link', { name: 'Change' }).click();
      await page.getByText(/nothing is trained until you resume it/).waitFor();
      await visitor.check();
      await visitor.open('/schedules');
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByText(/models they made stay/).waitFor();
      await visitor.atRest();
      await visitor.check();
      await page.getByRole('button', { name: 'Delete nightly' }).click();
      await page.getByText('No schedule yet').waitFor();
    });

    it('finds a setting and says where its value is from', async () => {
      const { page } = visitor;
      await visitor.open('/settings');
      await page.getByLabel('Find').fill('exports_dir');
      await page.getByText('from TRAINING_EXPORTS_DIR').waitFor();
      expect(await page.getByText('model.contamination').count()).toBe(0);
      await visitor.check();
      await page.getByLabel('Find').fill('no setting has this name');
      await page.getByText('No setting is like this').waitFor();
      await visitor.check();
    });

    it('uploads an export and says what is in it', async () => {
      const { page } = visitor;
      const file = join(sandbox.directory, 'home.json');
      const text = asJson(sampleRows(20_000));
      writeFileSync(file, text);
      // Half of it was sent before, and the first try to send the rest breaks.
      const half = Math.floor(text.length / 2);
      const sha256 = createHash('sha256').update(text).digest('hex');
      const headers = { 'Content-Type': 'application/octet-stream', 'Upload-Offset': '0' };
      const sent = await service.send('PATCH', `/api/v1/exports/uploads/${sha256}`, text.slice(0, half), {
        ...headers,
        'Upload-Length': String(text.length),
      });
      expect(sent.status, sent.text).toBe(204);
      const offsets: (string | undefined)[] = [];
      await page.route('**/exports/uploads/*', async (route) => {
        if (route.request().method() !== 'PATCH') return route.continue();
        offsets.push(route.request().headers()['upload-offset']);
        return offsets.length === 1 ? route.abort('connectionreset') : route.continue();
      });
      await visitor.open('/exports');
      await page.getByTestId('upload').setInputFiles(file);
      await page.getByText('It goes on where it stopped').waitFor();
      await visitor.expectConsole('ERR_CONNECTION_RESET');
      await page.getByRole('link', { name: 'See what is in it' }).click();
      await page.getByText('Good enough to train on').waitFor();
      expect(offsets).toEqual([String(half), String(half)]);
      await page.unroute('**/exports/uploads/*');
      await page
        .getByRole('img', { name: /Log lines of \d+ devices over time/ })
        .locator('canvas')
        .first()
        .waitFor();
      await visitor.check();
    });

    it('trains on it, and shows each step until the report is there', async () => {
      for (const trees of ['40', '60']) {
        const { page } = visitor;
        await visitor.open('/trainings/new');
        await page.getByLabel('Trees').fill('-1');
        await page.getByText('It cannot be started like this').waitFor();
        // Browsers write refusals into their console, also those that were asked for.
        await visitor.expectRefusal(422);
        await page.getByLabel('Trees').fill(trees);
        await page.getByText(/^Ready: a model/).waitFor();
        await visitor.check();
        await page.getByRole('button', { name: 'Start the training' }).click();
        await page.getByText(/passed its gate/).waitFor();
        expect(await page.getByRole('list', { name: 'Log' }).getByRole('listitem').count()).toBeGreaterThan(
          4,
        );
        await visitor.check();
        versions = [
          ...versions,
          (await page.getByRole('link', { name: /Open version/ }).innerText()).slice(13),
        ];
      }
    });

    it('shows a model with its gate, curves and lineage', async () => {
      const { page } = visitor;
      await visitor.open('/models');
      await page.getByRole('link', { name: versions[0] }).click();
      await page
        .getByRole('img', { name: /ROC curve/ })
        .locator('canvas')
        .first()
        .waitFor();
      const lineage = page.getByRole('list', { name: /^Lineage/ });
      await lineage.getByRole('link', { name: 'home.json' }).waitFor();
      await lineage.getByText('no consumer ever had it').waitFor();
      await visitor.check();
    });

    it('writes notes and tags, and says when somebody was faster', async () => {
      const { page } = visitor;
      const [version] = versions;
      await visitor.open(`/models/${version}`);
      await page.getByRole('button', { name: 'Edit notes and tags' }).click();
      await page.getByLabel('Notes', { exact: true }).fill('two quiet weeks');
      await page.getByRole('button', { name: 'Add a tag' }).click();
      await page.getByLabel('Name of tag 1').fill('site');
      await page.getByLabel('Value of tag 1').fill('north');
      await page.getByText('tag site is added: north').waitFor();
      await visitor.check();
      const path = `/api/v1/models/${version}`;
      await service.send('PATCH', path, { notes: 'by somebody else' }, { 'If-Match': '*' });
      await page.getByRole('button', { name: 'Save notes and tags' }).click();
      await page.getByText('Somebody else changed it meanwhile').waitFor();
      await visitor.expectRefusal(412);
      await page.getByText('notes: by somebody else → two quiet weeks').waitFor();
      await page.getByRole('button', { name: 'Save notes and tags' }).click();
      await page.getByRole('button', { name: 'Edit notes and tags' }).waitFor();
      await page.getByText('site: north').waitFor();
      const { body } = await service.get(path);
      expect(body).toMatchObject({ notes: 'two quiet weeks', tags: { site: 'north' } });
    });

    it('moves an alias, takes it away, deletes a version and takes that back', async () => {
      const { page } = visitor;
      const [first, second] = versions;
      await service.send('PUT', '/api/v1/models/aliases/challenger', { version: second });
      await visitor.open(`/models/${first}`);
      await page.getByRole('combobox', { name: 'Give it an alias' }).fill('challenger');
      await page.getByText(`challenger leads to ${first} instead of ${second}`).waitFor();
      await page.keyboard.press('Escape');
      await visitor.atRest();
      await visitor.check();
      await page.getByRole('button', { name: `challenger: ${second} → ${first}` }).click();
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
      // A version with an alias is kept: the service says so before anything is done.
      await page.getByRole('dialog').getByRole('alert').waitFor();
      await visitor.expectRefusal(409);
      await visitor.atRest();
      await visitor.check();
      await page.getByRole('button', { name: 'Keep it' }).click();
      await page.getByRole('button', { name: 'Take challenger away' }).click();
      await page.getByRole('button', { name: `challenger: ${first} → nothing` }).click();
      await page.getByText(`No alias leads to ${first}`).waitFor();
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
      await page.getByRole('button', { name: `Delete ${first}` }).click();
      await page.getByText(`${first} is deleted`).waitFor();
      await visitor.check();
      await page.getByRole('button', { name: `Take ${first} back` }).click();
      await page.getByRole('heading', { name: first, level: 1 }).waitFor();
      await page.getByText('two quiet weeks').waitFor();
    });

    it('compares two versions on the windows of the export', async () => {
      const { page } = visitor;
      await visitor.open('/models');
      for (const version of versions) await page.getByLabel(`Compare ${version}`).check();
      await page.getByRole('link', { name: /^Compare \d/ }).click();
      await page.getByRole('heading', { name: 'What was recorded' }).waitFor();
      await page.getByRole('combobox', { name: 'On the windows of' }).click();
      await page.getByRole('option').first().click();
      await page.getByRole('heading', { name: 'If B takes the place of A' }).waitFor();
      await visitor.check();
    });

    it('deploys what its button says, one after the other', async () => {
      const { page } = visitor;
      for (const [i, version] of versions.entries()) {
        await visitor.open(`/deploy?version=${version}`);
        const from = i === 0 ? 'nothing' : versions[i - 1];
        await page.getByRole('button', { name: `Deploy wifi: ${from} → ${version}` }).waitFor();
        await visitor.check();
        await page.getByRole('button', { name: `Deploy wifi: ${from} → ${version}` }).click();
        await page.getByText('Deployed', { exact: true }).waitFor();
      }
      const { body } = await service.get<{ version: string }>('/api/v1/models/deployed');
      expect(body.version).toBe(versions[1]);
    });

    it('explains a flagged window with its reasons and lines', async () => {
      const { page } = visitor;
      await visitor.open('/score');
      await page
        .getByRole('img', { name: /Scores of \d+ devices/ })
        .locator('canvas')
        .first()
        .waitFor();
      await page
        .getByRole('group', { name: /Flagged windows/ })
        .getByRole('button')
        .nth(1)
        .click();
      await page.getByRole('heading', { name: 'Why' }).waitFor();
      await page.getByRole('heading', { name: /Log lines/ }).waitFor();
      await visitor.check();
    });

    it('rolls back with a reason, which the audit log keeps', async () => {
      const { page } = visitor;
      await visitor.open('/deploy');
      await page.getByRole('textbox', { name: 'Reason' }).last().fill('too many alerts');
      await page.getByRole('button', { name: `Roll back wifi: ${versions[1]} → ${versions[0]}` }).click();
      await page.getByText('Rolled back', { exact: true }).waitFor();
      // The page asks again for what it shows: nothing that is no longer possible.
      await page.waitForLoadState('networkidle');
      await visitor.check();
      await visitor.open('/audit');
      await page.getByText('rollback', { exact: false }).first().waitFor();
      await visitor.check();
      const { body } = await service.get<{ version: string }>('/api/v1/models/deployed');
      expect(body.version).toBe(versions[0]);
      await visitor.open('/');
      await page.getByText('Expected alerts a day').waitFor();
      await visitor.check();
    });

    it(`shows every page in ${other.scheme}, ${other.width} px as well`, async () => {
      const another = await Visitor.start(service.port, other);
      try {
        for (const path of await fullPages(service, versions)) {
          await another.open(path);
          await another.check();
        }
      } finally {
        await another.close();
      }
    });

    it('makes the first key, works on with it, and revokes another with a reason', async () => {
      const { page } = visitor;
      await visitor.open('/api-keys');
      await page.getByLabel('Name', { exact: true }).fill('not a name');
      await page.getByRole('button', { name: 'Make the first key' }).click();
      await page
        .getByText(/^name must be letters/)
        .first()
        .waitFor();
      await visitor.expectRefusal(422);
      await page.getByLabel('Name', { exact: true }).fill('dashboard');
      await page.getByRole('button', { name: 'Make the first key' }).click();
      expect(await page.getByTestId('new-key').innerText()).toMatch(/^mcpt_/);
      await page.getByRole('row', { name: /dashboard/ }).waitFor();
      await visitor.check();
      expect((await service.get('/api/v1/models')).status).toBe(401);
      await page.getByRole('button', { name: 'I have kept it' }).click();
      await page.getByLabel('Name', { exact: true }).fill('reader');
      await page.getByRole('button', { name: 'Make the key' }).click();
      const row = page.getByRole('row', { name: /reader/ });
      await row.getByRole('button', { name: 'Revoke' }).click();
      await page.getByLabel('Reason').fill('was lost');
      await visitor.atRest();
      await visitor.check();
      await page.getByRole('button', { name: 'Revoke reader' }).click();
      await row.getByText('revoked').waitFor();
      await visitor.check();
      await visitor.open('/audit');
      // The column of reasons is not shown on a phone.
      await page.getByText('was lost').first().waitFor({ state: 'attached' });
    });
  });
});

describe.skipIf(chromiumPath === undefined)('a service with keys', () => {
  it('asks for one, refuses a wrong one, and works with a right one', async () => {
    const key = 'a-key-of-sixteen-or-more';
    const sandbox = await CliSandbox.create('browser-keys');
    const service = await Service.start(sandbox, { key });
    const visitor = await Visitor.start(service.port, WALKS[0].look);
    try {
      const { page } = visitor;
      await page.goto(visitor.base);
      for (const text of ['not-the-right-key-at-all', key]) {
        await page.getByLabel('API key', { exact: true }).last().fill(text);
        await page.getByRole('button', { name: 'Continue' }).click();
        if (text !== key) await page.getByText(/does not accept this API key/).waitFor();
      }
      await page.getByText('No model yet').waitFor();
      expect(page.url()).not.toContain(key);
      expect(await page.evaluate('localStorage.length + document.cookie.length')).toBeLessThanOrEqual(1);
    } finally {
      await visitor.close();
      await service.stop();
      await sandbox.cleanUp();
    }
  });
});
