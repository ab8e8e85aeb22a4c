import { Key, Section } from './key.js';
import { flag, integer, number } from './rules.js';

export class AlertingConfig {
  @Key(flag(), 'Raise alerts about drift and failed runs.')
  enabled = true;

  @Key(flag(), 'Also send alerts by e-mail.')
  email_notifications = false;

  @Key(flag(), 'Also send alerts to Slack.')
  slack_notifications = false;
}

export class MonitoringConfig {
  @Key(flag(), 'Collect metrics and serve them at `/metrics`.', { env: ['TRAINING_ENABLE_MONITORING'] })
  enable_monitoring = true;

  @Key(
    integer(1, 65_535),
    'Accepted for compatibility, without effect: `/metrics` answers on `api.port`. A value other than the default is warned about.',
    { env: ['TRAINING_PROMETHEUS_PORT'] },
  )
  prometheus_port = 9091;

  @Key(flag(), 'Compare live windows with the training distribution.')
  enable_drift_detection = true;

  @Key(
    number(0, 10, { above: true }),
    'Drift of a feature (population stability index) from which it is reported.',
  )
  drift_threshold = 0.1;

  @Key(flag(), 'Record scores, flags and latency of the deployed model.')
  performance_tracking = true;

  @Key(flag(), 'Record memory and processor use.')
  resource_monitoring = true;

  @Section(AlertingConfig)
  alerting = new AlertingConfig();
}
