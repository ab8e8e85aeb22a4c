import { moment } from '../platform/security/audit-moment.js';
import { AuditLogService } from '../platform/security/audit-log.service.js';
import { AppError } from '../shared/errors.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { renderTable, type Output } from './output.js';
import { withApplication } from './with-application.js';

interface AuditOptions extends GlobalOptions {
  readonly entity?: string;
  readonly entityId?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
}

export async function run(_: readonly string[], options: AuditOptions, output: Output): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) {
    throw new AppError('usage', `--limit ${JSON.stringify(options.limit)} is not a positive whole number.`);
  }
  const { entity, entityId, actor, action } = options;
  const since = moment(options.since, 'since');
  const until = moment(options.until, 'until');
  const config = configuration(options, output);
  const { events, check } = await withApplication(config, options, async ({ context }) => {
    const log = context.get(AuditLogService);
    return {
      events: await log.list({ limit, entity, entityId, actor, action, since, until }),
      check: await log.check(),
    };
  });
  for (const problem of check.problems) output.warn(problem);
  output.result({ items: events, complete: check.problems.length === 0 }, () =>
    events.length === 0
      ? 'No event fits.'
      : renderTable(
          ['number', 'when', 'who', 'did', 'to', 'from', 'became', 'why'],
          events.map((event) => [
            event.sequence,
            event.at,
            event.actor,
            event.action,
            `${event.entity} ${event.entity_id}`,
            brief(event.from),
            brief(event.to),
            event.reason ?? '',
          ]),
        ),
  );
}

/** One line of a state: the values of a flat document. */
function brief(state: unknown): string {
  if (state === null || typeof state !== 'object') return '';
  const text = Object.entries(state)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
