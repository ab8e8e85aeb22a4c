import { Key } from './key.js';
import { integer, listOf, orNull, text } from './rules.js';

function isPostgresUrl(url: string): boolean {
  try {
    return ['postgres:', 'postgresql:'].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}

const url = text('a URL such as postgresql://user:password@host:5432/name', {
  max: 4096,
  check: isPostgresUrl,
});

export class DatabaseConfig {
  @Key(orNull(url), 'External PostgreSQL. Without it an embedded PostgreSQL starts by itself.', {
    env: ['DATABASE_URL'],
    secret: true,
  })
  url: string | null = null;

  @Key(
    orNull(url),
    'PostgreSQL that log lines are read from, by a user who needs to read only. Without it they are read from the database of the service.',
    { env: ['LOG_DATABASE_URL'], secret: true },
  )
  log_url: string | null = null;

  @Key(
    text('a table name, or schema.table (letters, digits and _, neither part starting with a digit)', {
      max: 127,
      pattern: /^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$/,
    }),
    'Table or view of log lines that `train --from-database`, `export-logs` and `POST /exports/pull` read; upper and lower case matter.',
  )
  table_name = 'log_entries';

  @Key(
    listOf(text('a program name', { max: 128 }), 100),
    'Programs whose lines are read from the table; an empty list = all programs.',
  )
  wifi_programs: string[] = ['hostapd', 'wpa_supplicant'];

  @Key(integer(1, 100_000), 'Rows fetched from the cursor of the log table at a time.')
  batch_size = 1000;

  @Key(integer(1, 1_000_000_000), 'Most rows read in one run; more are refused with the number.')
  max_records = 100_000;

  @Key(
    integer(1, 86_400),
    'Seconds that a statement on the log table may take; each batch of rows is a statement.',
  )
  statement_timeout = 60;
}
