import { Key } from './key.js';
import { flag, text } from './rules.js';

export class ServiceConfig {
  @Key(
    text('a name of letters, digits, ".", "_" and "-"', { max: 64, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/ }),
    'Name of this service in logs and metrics.',
  )
  name = 'mcp-training';

  @Key(
    text('a version such as 1.0.0', { max: 64, pattern: /^\d+(\.\d+)*([.+-][0-9A-Za-z.+-]+)?$/ }),
    'Version shown for this installation.',
  )
  version = '1.0.0';

  @Key(flag(), 'Log at DEBUG whatever `logging.level` says.', { env: ['TRAINING_DEBUG'] })
  debug = false;
}
