import { apiKeyJson, statusOf } from '../platform/security/api-key-record.js';
import { ApiKeysService } from '../platform/security/api-keys.service.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { renderTable, type Output } from './output.js';
import { withApplication } from './with-application.js';

export async function run(_: readonly string[], options: GlobalOptions, output: Output): Promise<void> {
  const config = configuration(options, output);
  const keys = await withApplication(config, options, ({ context }) => context.get(ApiKeysService).list());
  const nowMs = Date.now();
  output.result({ items: keys.map((key) => apiKeyJson(key, nowMs)) }, () =>
    keys.length === 0
      ? 'No API keys yet. Make one with: mcp-training api-key create --name <name> --scope read'
      : renderTable(
          ['prefix', 'name', 'scopes', 'status', 'expires', 'last used', 'created'],
          keys.map((key) => [
            key.prefix,
            key.name,
            key.scopes.join(','),
            statusOf(key, nowMs),
            key.expiresAt?.toISOString() ?? 'never',
            key.lastUsedAt?.toISOString() ?? 'never',
            key.createdAt.toISOString(),
          ]),
        ),
  );
}
