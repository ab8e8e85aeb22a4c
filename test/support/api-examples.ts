import type { OperationExample } from '../../src/platform/http/openapi-examples.js';

type Asked = Pick<OperationExample, 'parameters' | 'body'>;

/** What the examples speak about; the seed of examples.spec.ts makes these things under these ids. */
export const IDS = {
  export: '52471b03-5efa-460f-958f-e1e4f2cea4b3',
  training: '0b9f4c1e-8a64-4f0e-9a51-6c1f5a0d7a10',
  queued: '4d0c1f52-3c7e-4b52-9b0a-2f8f6a1c9e33',
  schedule: '9a3c7d15-2f40-4e8b-8c1d-5b6e7f8091a2',
  key: '0f6a2b9c-1d3e-4f50-8a7b-6c5d4e3f2a1b',
  version: '20240101_120000',
  older: '20231231_120000',
  spare: '20231230_120000',
} as const;
/** Of the text that the example of an upload sends. */
export const UPLOADED = '{"logs":[]}';
export const UPLOADED_SHA256 = '76e9dd6dee8295f595d24f41801f3a81f1eedc9fbda94a5c227e9853ba06d99c';

const version = { version: IDS.version };
const onJune = { export_file: 'june.json' };
const etag = { 'If-Match': '*' };
const once = (key: string) => ({ 'Idempotency-Key': key });

/** Requests of the examples in an order in which all of them work: what is deleted is deleted last. */
export const REQUESTS: Readonly<Record<string, Asked>> = {
  ...{ live: {}, health: {}, ready: {}, startup: {}, getMetrics: {}, getSettings: {} },
  ...{ inferenceServer: {}, inferenceLive: {}, inferenceReady: {} },
  createExport: { parameters: once('june'), body: { export_file: 'july.json' } },
  listExports: { parameters: { limit: 2 } },
  getExport: { parameters: { export_id: IDS.export } },
  validateExport: {
    parameters: { export_id: IDS.export, ...once('check') },
    body: { programs: ['hostapd'] },
  },
  getExportVolume: { parameters: { export_id: IDS.export } },
  pullExport: {
    parameters: { dry_run: false, ...once('pull') },
    body: { start_date: '2024-01-01', end_date: '2024-01-31', programs: ['hostapd'] },
  },
  continueUpload: {
    parameters: {
      ...{ sha256: UPLOADED_SHA256, file_name: 'may.json' },
      ...{ 'Upload-Offset': 0, 'Upload-Length': UPLOADED.length },
    },
    body: UPLOADED,
  },
  getUpload: { parameters: { sha256: UPLOADED_SHA256 } },
  startTraining: {
    parameters: once('june-1'),
    body: { ...onJune, model_name: 'wifi', config_overrides: { model: { n_estimators: 200 } } },
  },
  getTrainingStatus: { parameters: { training_id: IDS.training } },
  listTrainingRuns: { parameters: { status: 'completed', sort: '-created_at', limit: 2 } },
  streamTrainingEvents: { parameters: { training_id: IDS.training, 'Last-Event-ID': '2' } },
  getTrainingReport: { parameters: { training_id: IDS.training } },
  getTrainingQueue: {},
  cancelTraining: { parameters: { training_id: IDS.queued, ...once('stop') } },
  listModels: { parameters: { model: 'wifi', sort: '-created_at', limit: 2 } },
  ...{ getLatestModel: { parameters: { model: 'wifi' } }, getModelStats: {} },
  ...{ getModel: { parameters: version }, getModelLineage: { parameters: version } },
  ...{ getModelReport: { parameters: version }, getModelCard: { parameters: version } },
  downloadModel: { parameters: { ...version, format: 'onnx', Range: 'bytes=0-99' } },
  patchModel: {
    parameters: { ...version, ...etag },
    body: { notes: 'two quiet weeks', tags: { site: 'north', ticket: null } },
  },
  compareModels: { parameters: { a: IDS.older, b: IDS.version } },
  predict: { parameters: version, body: { ...onJune, explain: true, top: 2, lines: 2, max_explained: 2 } },
  evaluateModel: { parameters: version, body: onJune },
  setThreshold: {
    parameters: { ...version, dry_run: true },
    body: { ...onJune, policy: 'alert_budget', value: 3 },
  },
  importModel: { parameters: { dry_run: true } },
  deployModel: {
    parameters: { version: IDS.older, ...etag, ...once('monday') },
    body: { reason: 'first model' },
  },
  putAlias: {
    parameters: { alias: 'champion', model: 'wifi', ...etag },
    body: { version: IDS.version, reason: 'fewer alerts' },
  },
  getDeployedModel: { parameters: { model: 'wifi' } },
  rollbackModel: {
    parameters: { ...etag, ...once('back') },
    body: { model: 'wifi', reason: 'too many alerts' },
  },
  listAliases: { parameters: { model: 'wifi' } },
  getAlias: { parameters: { alias: 'champion', model: 'wifi' } },
  deleteAlias: { parameters: { alias: 'challenger', model: 'wifi', ...etag } },
  inferenceModel: { parameters: { name: 'wifi' } },
  inferenceModelReady: { parameters: { name: 'wifi' } },
  inferenceVersion: { parameters: { name: 'wifi', ...version } },
  inferenceVersionReady: { parameters: { name: 'wifi', ...version } },
  ...{ infer: { parameters: { name: 'wifi' } }, inferVersion: { parameters: { name: 'wifi', ...version } } },
  createSchedule: {
    parameters: once('nightly'),
    body: { name: 'weekly', cron: '0 3 * * 1', timezone: 'Europe/Berlin', source: { kind: 'newest_export' } },
  },
  listSchedules: { parameters: { limit: 2 } },
  getSchedule: { parameters: { schedule_id: IDS.schedule } },
  updateSchedule: { parameters: { schedule_id: IDS.schedule, ...etag }, body: { cron: '30 3 * * *' } },
  runSchedule: { parameters: { schedule_id: IDS.schedule, dry_run: true } },
  listApiKeys: {},
  createApiKey: { body: { name: 'dashboard', scopes: ['read'] } },
  listAuditEvents: { parameters: { entity: 'model_version', action: 'deploy', limit: 2 } },
  deleteModel: { parameters: { version: IDS.spare } },
  undeleteModel: { parameters: { version: IDS.spare, ...once('keep') } },
  applyRetention: { parameters: { dry_run: true } },
  deleteUpload: { parameters: { sha256: 'ab'.repeat(32), dry_run: false } },
  deleteSchedule: { parameters: { schedule_id: IDS.schedule, ...etag } },
  revokeApiKey: { parameters: { which: IDS.key, reason: 'laptop lost' } },
  deleteExport: { parameters: { export_id: IDS.export, dry_run: true } },
};
