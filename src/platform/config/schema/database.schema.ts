import { Key } from './key.js';
import { identifier, integer, listOf, orNull, text } from './rules.js';

function isPostgresUrl(url: string): boolean {
  try {
    return ['postgres:', 'postgresql:'].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}

export class DatabaseConfig {
  @Key(
    orNull(
      text('a URL such as postgresql://user:password@host:5432/name', { max: 4096, check: isPostgresUrl }),
    ),
    'External PostgreSQL. Without it an embedded PostgreSQL starts by itself.',
    { env: ['DATABASE_URL'], secret: true },
  )
  url: string | null = null;

  @Key(identifier('a table name'), 'Table of log lines that `train --from-database` and `export-logs` read.')
  table_name = 'log_entries';

  @Key(
    listOf(text('a program name', { max: 128 }), 100),
    'Programs whose lines are read from the table; an empty list = all programs.',
  )
  wifi_programs: string[] = ['hostapd', 'wpa_supplicant'];

  @Key(integer(1, 100_000), 'Rows fetched from the cursor at a time.')
  batch_size = 1000;

  @Key(integer(1, 1_000_000_000), 'Most rows read in one run; more are refused with the number.')
  max_records = 100_000;
}
