import { apiKeyJson } from '../platform/security/api-key-record.js';
import { ApiKeysService } from '../platform/security/api-keys.service.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { operator } from './operator.js';
import type { Output } from './output.js';
import { withApplication } from './with-application.js';

interface RevokeOptions extends GlobalOptions {
  readonly reason?: string;
}

export async function run([which]: readonly string[], options: RevokeOptions, output: Output): Promise<void> {
  const config = configuration(options, output);
  const record = await withApplication(config, options, ({ context }) =>
    context.get(ApiKeysService).revoke(which, operator(), options.reason ?? null),
  );
  output.result(
    apiKeyJson(record, Date.now()),
    () => `Revoked ${record.name} (${record.prefix}); it is refused from the next request on.`,
  );
}
