import { ArtifactsConfig } from './artifacts.schema.js';
import { Key, Section } from './key.js';
import { directory, flag, integer, text } from './rules.js';

/** strftime directives a version may use; the rest of the text must be fit for a directory name. */
function isVersionFormat(format: string): boolean {
  const sample = format.replace(/%[YmdHMS]/g, '0');
  return (
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(sample) && ['%Y', '%m', '%d'].every((part) => format.includes(part))
  );
}

export class StorageConfig {
  @Key(directory(), 'Where versions of models are kept. `storage.models_dir` is another name of this key.', {
    env: ['TRAINING_MODELS_DIR'],
  })
  directory = 'models';

  @Key(directory(), 'The only directory from which the service opens exports by name.', {
    env: ['TRAINING_EXPORTS_DIR'],
  })
  exports_dir = 'exports';

  @Key(directory(), 'Where log files go.', { env: ['TRAINING_LOGS_DIR'] })
  logs_dir = 'logs';

  @Key(directory(), 'Embedded database, packages, deployed models and other state.', {
    env: ['TRAINING_DATA_DIR'],
  })
  data_dir = '.data';

  @Key(
    text(
      'a strftime text of %Y %m %d %H %M %S, letters, digits, ".", "_" and "-", with at least %Y, %m and %d',
      {
        max: 64,
        check: isVersionFormat,
      },
    ),
    'Name of a version, from the UTC time at which it was trained.',
  )
  version_format = '%Y%m%d_%H%M%S';

  @Key(
    integer(1, 1000),
    'Versions of a model name that retention keeps. Deployed and aliased versions and what a rollback needs stay in any case.',
  )
  keep_last_n_versions = 5;

  @Key(
    integer(0, 8_760),
    'A running service applies retention every so many hours, one replica at a time. 0 = only on request (`doctor --prune`, `POST /models/retention`).',
  )
  retention_every_hours = 0;

  @Key(
    integer(0, 31_536_000),
    'A deleted version can be taken back for so many seconds; then its files and its row are removed.',
  )
  delete_grace_seconds = 86_400;

  @Key(flag(), 'Make a backup before retention deletes anything and before migrations.')
  backup_enabled = true;

  @Key(flag(), 'Deflate packages and backups. `model.joblib` itself is never compressed.')
  compression = true;

  @Key(
    text('a scikit-learn version such as 1.3.0 (in quotes when it has two parts)', {
      max: 16,
      pattern: /^1\.\d{1,2}\.\d{1,2}$/,
    }),
    'scikit-learn version for which the joblib files are written: the version that the consumer has installed.',
  )
  sklearn_version = '1.3.0';

  @Key(
    integer(0, 86_400),
    'A running service looks every so many seconds for new files in the exports directory and registers those that are complete: unchanged from one look to the next. 0 = never.',
  )
  watch_exports = 30;

  @Section(ArtifactsConfig)
  artifacts = new ArtifactsConfig();

  @Key(integer(1024, 1_099_511_627_776), 'Largest upload, bytes.')
  max_upload_bytes = 10_737_418_240;
}
