import { Key, Section, SectionMap } from './key.js';
import { identifier, integer, listOf, oneOf, orNull, text } from './rules.js';

const names = () => listOf(identifier('a feature name'), 500);

/** Intl knows every IANA zone and its links; fixed offsets such as +02:00 are not zones. */
function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export class WindowSettings {
  @Key(integer(60, 86_400), 'Length of a window, seconds.')
  length = 300;

  @Key(
    integer(60, 86_400),
    'Seconds from one window start to the next; not above the length. Follows the length unless set.',
  )
  stride = 300;

  @Key(
    integer(60, 604_800),
    'How far the context features look back, seconds; not below the length. At least 1800, follows a longer length unless set.',
  )
  context = 1800;

  @Key(
    oneOf(['device', 'all']),
    'One row for each device and window, or one row for all devices together (always so for the `agent-...` sets).',
  )
  group_by: 'device' | 'all' = 'device';

  @Key(integer(1, 100_000_000), 'More windows than this are refused, with the number that was asked for.')
  max_windows = 1_000_000;
}

/** What one feature has of its own. */
export class FeatureOverride {
  @Key(
    orNull(oneOf(['median', 'mean', 'none'])),
    'What replaces a missing value of this feature; null = as `features.impute`.',
  )
  impute: 'median' | 'mean' | 'none' | null = null;

  @Key(
    orNull(oneOf(['quantiles', 'none'])),
    'Outlier treatment of this feature; null = as `features.clip`. Clips a rare event too when it is asked for by name.',
  )
  clip: 'quantiles' | 'none' | null = null;
}

export class FeaturesConfig {
  @Key(
    oneOf(['wifi', 'system', 'agent-wifi', 'agent-generic', 'agent-dns', 'agent-firewall']),
    'Feature set: `wifi` for access-point logs, `system` for logs of any device without WiFi lines, `agent-...` for the numbers that the agents of the existing consumer send (all devices together, 5-minute windows).',
  )
  set = 'wifi';

  @Key(
    names(),
    'Numeric features that the set must offer. The set decides the columns; a name that is not in the catalogue is an error.',
  )
  numeric: string[] = [];

  @Key(names(), 'Categorical features that the set must offer.')
  categorical: string[] = [];

  @Key(names(), 'Time features that the set must offer.')
  temporal: string[] = [];

  @Key(names(), 'Derived features that the set must offer.')
  derived: string[] = [];

  @Section(WindowSettings)
  window = new WindowSettings();

  @Key(
    {
      ...text('an IANA time zone such as UTC or Europe/Berlin', { max: 64, check: isTimeZone }),
      choices: ['UTC', ...Intl.supportedValuesOf('timeZone')],
    },
    'Zone of the hour and weekday features and of the window grid.',
  )
  timezone = 'UTC';

  @Key(
    integer(0, 8760),
    'Hours at the beginning of the training part that are not fitted, while the sets of known clients and access points fill; at most a tenth of that part. Only for a set with such features (`wifi`).',
  )
  warmup_hours = 24;

  @Key(
    oneOf(['median', 'mean', 'none']),
    'What replaces a missing value, computed from the training rows. With `none` a missing value is an error, in training and in scoring.',
  )
  impute: 'median' | 'mean' | 'none' = 'median';

  @Key(
    oneOf(['quantiles', 'none']),
    'Outlier treatment: clip to the 0.1 % and 99.9 % quantiles of the training rows (rare events, categories and flags never), or leave values alone.',
  )
  clip: 'quantiles' | 'none' = 'quantiles';

  @SectionMap(FeatureOverride, identifier('a feature name'))
  overrides: Record<string, FeatureOverride> = {};
}
