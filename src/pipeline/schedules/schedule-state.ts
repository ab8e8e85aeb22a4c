import type { ScheduleSettings } from './schedule.js';

/** What a person has decided, as the API prints it, as the audit log keeps it, and as its tag is made of. */
export function scheduleState(settings: ScheduleSettings): Record<string, unknown> {
  return {
    name: settings.name,
    cron: settings.cron,
    timezone: settings.timezone,
    source: settings.source,
    model_name: settings.modelName,
    config_overrides: settings.configOverrides,
    deploy: settings.deploy,
    condition: settings.condition,
    min_new_records: settings.minNewRecords,
    min_new_windows: settings.minNewWindows,
    catch_up: settings.catchUp,
    paused: settings.paused,
  };
}
