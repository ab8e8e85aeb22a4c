import type { FeatureDefinition, FeatureKind } from '../feature-catalogue.js';

/**
 * The columns of the consumer's agents, in their order: what its extractors compute, wrong patterns included, because a
 * model must be trained on the numbers it will be asked about. Some names also occur in feature-catalogue.ts, where they
 * mean something else; a feature belongs to its set. Distinct texts of one window are told apart up to 65,535 of them
 * (MAX_DISTINCT of window-slots.ts), which no window of the consumer's rows comes near.
 */

const RARE = true;

function column(
  name: string,
  definition: string,
  rareEvent = false,
  kind: FeatureKind = 'count',
  unit = 'messages',
): FeatureDefinition {
  return { name, kind, unit, definition, missing: 'zero', rareEvent, clock: false, evidence: null };
}

const CODES = Array.from({ length: 17 }, (_, index) => index + 1);

/** A code counts in the first match of a message only. */
const codes = (key: string): FeatureDefinition[] =>
  CODES.map((code) =>
    column(
      `${key}_code_${code}`,
      `Messages whose first match of \`${key}=(\\d+)\` is the text ${code}.${key === 'status' ? ' `x_status=` matches too, `status_code=` does not.' : ''}`,
      RARE,
    ),
  );

export const AGENT_WIFI_FEATURES: readonly FeatureDefinition[] = [
  column('auth_failures', 'Messages that contain "authentication failure", case-sensitive.', RARE),
  column('deauth_count', 'Messages that contain "deauthentication", case-sensitive.', RARE),
  column('beacon_count', 'Messages that contain "beacon", case-sensitive.', RARE),
  column(
    'unique_mac_count',
    'Distinct pairs of fifth octet with its separator and sixth octet, as written, over all matches of `([0-9A-Fa-f]{2}[:-]){5}([0-9A-Fa-f]{2})`: addresses with the same end count once, the same address in another case or with another separator counts again.',
    false,
    'count',
    'pairs',
  ),
  column(
    'unique_ssid_count',
    "Distinct first matches of `SSID='([^']+)'` in a message.",
    RARE,
    'count',
    'names',
  ),
  ...codes('reason'),
  ...codes('status'),
];

const never = (name: string, what: string): FeatureDefinition =>
  column(name, `Always 0: the consumer looks for ${what} in upper case in a text it has lower-cased.`, RARE);

const QUERY_TYPES = ['A', 'AAAA', 'MX', 'CNAME', 'TXT', 'NS', 'PTR', 'SOA'];
const PROTOCOLS = ['TCP', 'UDP', 'ICMP', 'HTTP', 'HTTPS', 'FTP', 'SSH'];

export const AGENT_DNS_FEATURES: readonly FeatureDefinition[] = [
  column('query_count', 'Messages that contain "query" or "request" in any case (also "DHCPREQUEST").'),
  column('response_count', 'Other messages that contain "response" or "answer" in any case.', RARE),
  column('error_count', 'Other messages that contain "error", "failed" or "timeout" in any case.', RARE),
  column(
    'unique_domain_count',
    'Distinct first matches, whole and lower-cased, of `([a-zA-Z0-9]([a-zA-Z0-9\\-]{0,61}[a-zA-Z0-9])?\\.)+[a-zA-Z]{2,}` in the messages of query_count.',
    RARE,
    'count',
    'names',
  ),
  column(
    'avg_response_time',
    'Mean of the first `(\\d+(?:\\.\\d+)?)\\s*ms` of the messages of response_count; a time of 0 is left out, and without any time the mean is 0. Summed in whole nanoseconds; a time above 1e12 ms counts as that.',
    RARE,
    'measure',
    'ms',
  ),
  ...QUERY_TYPES.map((type) => never(`query_type_${type.toLowerCase()}`, `the query type ${type}`)),
];

export const AGENT_FIREWALL_FEATURES: readonly FeatureDefinition[] = [
  column('blocked_connections', 'Messages that contain "blocked", "denied" or "drop" in any case.'),
  column('allowed_connections', 'Other messages that contain "allowed" or "accept" in any case.', RARE),
  column(
    'unique_ip_count',
    'Distinct texts over all matches of `\\b(?:\\d{1,3}\\.){3}\\d{1,3}\\b`.',
    false,
    'count',
    'addresses',
  ),
  column(
    'unique_port_count',
    'Distinct numbers, as text, over all matches of `:(\\d{1,5})\\b`: minutes and seconds of a clock time count too.',
    RARE,
    'count',
    'numbers',
  ),
  ...PROTOCOLS.map((protocol) => never(`protocol_${protocol.toLowerCase()}`, `the protocol ${protocol}`)),
];

export const AGENT_GENERIC_FEATURES: readonly FeatureDefinition[] = [
  column(
    'log_count',
    'Lines of programs whose name contains "hostapd" or "wpa_supplicant": the WiFi agent asks for these, and computes the generic columns because its rows have no key "program".',
    false,
    'count',
    'lines',
  ),
  column('error_count', 'Messages that contain "error", "critical" or "failed" in any case.', RARE),
  column('warning_count', 'Other messages that contain "warning" in any case.', RARE),
  column(
    'unique_program_count',
    'Always 0: distinct values of the key "program", which the rows of the consumer do not have.',
    RARE,
    'count',
    'programs',
  ),
  column(
    'unique_host_count',
    'Always 0: distinct values of the key "host", which the rows of the consumer do not have.',
    RARE,
    'count',
    'hosts',
  ),
];
