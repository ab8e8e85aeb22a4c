import { Key, Section } from './key.js';
import { directory, either, integer, oneOf, orNull, text } from './rules.js';

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export class RotationConfig {
  @Key(
    either(
      text('a size such as 100MB', { max: 16, pattern: /^[1-9]\d{0,8} ?(B|KB|MB|GB)$/i }),
      integer(1024, 2 ** 40),
    ),
    'A log file that reaches this size is closed and numbered; text with a unit (1 KB = 1024 bytes), or bytes.',
  )
  max_size: string | number = '100MB';

  @Key(integer(0, 1000), 'Numbered log files that are kept.')
  backup_count = 10;
}

export class LoggingConfig {
  @Key(oneOf(LOG_LEVELS), 'Least level that is logged; lower case is accepted.', {
    env: ['TRAINING_LOG_LEVEL'],
  })
  level: LogLevel = 'INFO';

  @Key(
    oneOf(['json', 'text']),
    'One JSON object a line, or plain text. A Python format string is warned about and read as `text`.',
  )
  format: 'json' | 'text' = 'json';

  @Key(
    orNull(directory()),
    'Log file; null = standard output only. A relative name is below the logs directory; one leading `logs/` is left out.',
    { env: ['TRAINING_LOG_FILE'] },
  )
  file: string | null = 'logs/training.log';

  @Section(RotationConfig)
  rotation = new RotationConfig();
}
