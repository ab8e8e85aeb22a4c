/**
 * Exact definitions of every window feature. The texts are part of the product: they go into `feature_spec.json`, and a
 * changed meaning is a new {@link CATALOGUE_VERSION}, so that a model is never fed with columns it was not trained on.
 *
 * A feature value is a float32: computed in double precision from exact integer sums, then rounded to the nearest.
 * Distinct addresses and SSIDs of one window above 65,535 are not told apart (MAX_DISTINCT of window-slots.ts).
 *
 * The context of a window is the window and those in front of it, side by side, `features.window.context` in all (30
 * minutes unless set: six windows); in front of the first window there is nothing. A decayed sum counts what happened in
 * the window itself six times (as often as the context has windows), in the one before it five times, and so on.
 *
 * Words used below: a WiFi line is a line of a WiFi program or of a WiFi event class; event classes are those of
 * event-class.ts; a ratio of an empty window is 0.
 */
export const CATALOGUE_VERSION = '3';

export type FeatureKind = 'count' | 'ratio' | 'measure' | 'categorical' | 'flag';

export const EVIDENCE_GROUPS = [
  ...(['link', 'auth', 'bss', 'dhcp', 'chan', 'boot', 'rate', 'sil', 'rssi', 'weak'] as const),
] as const;
export type EvidenceGroup = (typeof EVIDENCE_GROUPS)[number];

export interface FeatureDefinition {
  readonly name: string;
  readonly unit: string;
  readonly kind: FeatureKind;
  readonly definition: string;
  /** What an absent measurement gives: 0, or NaN that the training median replaces later. */
  readonly missing: 'zero' | 'nan';
  /** Mostly 0 in normal operation: never clipped, and may be constant in training. */
  readonly rareEvent: boolean;
  /** Says when, not what: left out where a short span would make time look like drift. */
  readonly clock: boolean;
  /**
   * Features of one group are evidence of the same things, so a detector that adds up evidence counts the strongest of
   * them; null = none of its own.
   */
  readonly evidence: EvidenceGroup | null;
  /** Codes of a categorical feature. */
  readonly categories?: Readonly<Record<string, number>>;
}

export const DEVICE_TYPES = { unknown: 0, asus: 1, openwrt: 2, access_point: 3, client: 4 } as const;
export const CONNECTION_TYPES = { unknown: 0, '2.4ghz': 1, '5ghz': 2, '6ghz': 3, mixed: 4 } as const;

type Traits = Partial<Pick<FeatureDefinition, 'missing' | 'rareEvent' | 'clock' | 'evidence' | 'categories'>>;

const feature = <Name extends string>(
  name: Name,
  kind: FeatureKind,
  unit: string,
  definition: string,
  traits: Traits = {},
) => ({
  ...{ name, kind, unit, definition },
  ...{ missing: 'zero' as const, rareEvent: false, clock: false, evidence: null },
  ...traits,
});

const RARE: Traits = { rareEvent: true };
const MISSING: Traits = { missing: 'nan' };

const DEFINITIONS = [
  feature(
    'auth_failure_ratio',
    'ratio',
    'share',
    'Lines of a failed authentication per WiFi line: classes psk_mismatch, wrong_key, handshake_fail, auth_reject, assoc_reject, assoc_reject_local, k_denied, auth_timeout, eap_failure, sae_fail; wlc_auth and wlc_assoc with a status other than 0; any disconnect with reason 15 (4-way handshake timeout).',
    RARE,
  ),
  feature(
    'deauth_ratio',
    'ratio',
    'share',
    'Lines of an ended link per WiFi line: classes sta_disconnected, supp_disconnected, deauth*, disassoc*, wlc_deauth, wlc_disassoc, k_deauth_*, k_disassoc_*, k_conn_lost.',
    RARE,
  ),
  feature(
    'beacon_ratio',
    'ratio',
    'share',
    'Lines of lost or forged beacons (beacon_loss, unprot_beacon) per WiFi line; access points do not log beacons themselves.',
    RARE,
  ),
  feature(
    'unique_mac_count',
    'count',
    'addresses',
    'Distinct MAC addresses named by recognised events, all six octets, case and separator ignored; 65,535 stands for more too.',
  ),
  feature(
    'unique_ssid_count',
    'count',
    'names',
    'Distinct SSIDs named by recognised events; 65,535 stands for more too.',
    RARE,
  ),
  feature(
    'mean_signal_strength',
    'measure',
    'dBm',
    'Mean of the signal readings; values 0 and 9999 mean no reading.',
    MISSING,
  ),
  feature(
    'std_signal_strength',
    'measure',
    'dB',
    'Population standard deviation of the signal readings; 0 for a single one.',
    MISSING,
  ),
  feature(
    'mean_data_rate',
    'measure',
    'Mbit/s',
    'Mean of the transmit rates of signal_change lines.',
    MISSING,
  ),
  feature(
    'mean_packet_loss',
    'measure',
    'share',
    'Packet loss; syslog never carries it, so it is missing unless a source gives it as a structured field.',
    MISSING,
  ),
  feature(
    'error_ratio',
    'ratio',
    'share',
    'Lines of severity error or worse (0..3) per line. Vendors differ: compare within a device.',
    RARE,
  ),
  feature('warning_ratio', 'ratio', 'share', 'Lines of severity warning (4) per line.', RARE),
  feature(
    'device_type',
    'categorical',
    'code',
    'What the device is, from the programs it has shown up to and including this window: wlceventd, acsd, roamast or WATCHDOG = asus; netifd, odhcpd, procd, or hostapd together with dnsmasq = openwrt; hostapd = access_point; wpa_supplicant, NetworkManager or iwd = client; first match counts.',
    { categories: DEVICE_TYPES },
  ),
  feature(
    'connection_type',
    'categorical',
    'code',
    'Radio bands of the frequencies named in the window (below 3 GHz, below 5.925 GHz, above); without any, as in the last window of the device that named one.',
    { categories: CONNECTION_TYPES },
  ),
  feature(
    'mean_hour_of_day',
    'measure',
    'h',
    'Local time of day, 0 to below 24, at the mean arrival time of the lines; the middle of the window when it is empty.',
    { clock: true },
  ),
  feature(
    'mean_day_of_week',
    'measure',
    'day',
    'Local weekday, 0 = Monday to 6 = Sunday, at the same moment as mean_hour_of_day.',
    {
      clock: true,
    },
  ),
  feature(
    'mean_time_between_events',
    'measure',
    's',
    '(last arrival - first arrival) / (lines - 1); the length of the window when it holds fewer than two lines.',
  ),
  feature(
    'signal_strength_trend',
    'measure',
    'dB/min',
    'Least-squares slope of the signal readings over time (whole seconds); missing without readings at two different seconds.',
    MISSING,
  ),
  feature(
    'connection_stability',
    'ratio',
    'share',
    '(1 + C) / (1 + C + D) with C = established links (sta_connected, supp_connected, wlc_assoc, k_associated) and D = lines of ended links; 1 when nothing was lost.',
    RARE,
  ),
  feature(
    'network_load',
    'measure',
    'lines/min',
    'Lines of joining or renewing (authentication, association, key handshake, DHCP discover/request/ack) per minute of the window.',
  ),
  feature('log_count', 'count', 'lines', 'Lines, repeats included.'),
  feature(
    'error_log_ratio',
    'ratio',
    'share',
    'Lines whose text contains "error" or "fail" in any case, per line.',
    RARE,
  ),
  feature('unique_program_count', 'count', 'programs', 'Distinct program names.'),
  feature(
    'disassociation_events',
    'count',
    'lines',
    'Lines of a disassociation (disassoc*, wlc_disassoc, k_disassoc_*).',
    RARE,
  ),
  feature('total_devices', 'count', 'devices', 'Devices with at least one line in the same time slot.'),
  feature('max_device_activity', 'count', 'lines', 'Lines of the most active device in the same time slot.'),
  feature(
    'mean_device_activity',
    'measure',
    'lines',
    'Lines per device that has any, in the same time slot; 0 if none has.',
  ),
  feature('signal_missing', 'flag', '0/1', '1 when the window holds no signal reading.', RARE),
  feature(
    'new_program_count',
    'count',
    'programs',
    'Programs this device shows for the first time in the input.',
    RARE,
  ),
  feature(
    'max_gap_seconds',
    'measure',
    's',
    'Longest run of empty sixtieths of the window; the length of the window when it is empty.',
  ),
  feature('top_program_share', 'ratio', 'share', 'Lines of the most frequent program per line.'),
  feature(
    'max_reconnects_per_mac_30m',
    'count',
    'weighted lines',
    'Largest number of associations (assoc, supp_associated, wlc_assoc that was not refused) of one address in the context, decayed.',
    { ...RARE, evidence: 'link' },
  ),
  feature(
    'forced_reconnects_30m',
    'count',
    'weighted links',
    'Seconds in which an address associates (as above) at most 10 s after it last lost its link (sta_disconnected, supp_disconnected, wlc_deauth, wlc_disassoc, k_conn_lost, k_deauth_rx, k_disassoc_rx), with no line of leaving (disassoc, disassoc_inactivity, deauth_inactivity, deauth_local, k_deauth_local, k_disassoc_local, any ended link with reason 3 or 8) of the address from 2 s before the loss to 2 s behind it or to the association; in the context, decayed.',
    { ...RARE, evidence: 'link' },
  ),
  feature(
    'lost_client_share',
    'ratio',
    'share',
    'Distinct addresses that lost their link in the window per client that ever got on (sta_connected, handshake_ok, wlc_assoc, dhcp_ack) up to its end; per one when none did.',
    { ...RARE, evidence: 'link' },
  ),
  feature(
    'disconnect_burst_10s',
    'count',
    'links',
    'Most links lost within ten whole seconds of the window; an address counts once a second, because several layers log one loss.',
    { ...RARE, evidence: 'link' },
  ),
  feature(
    'auth_fail_30m',
    'count',
    'weighted lines',
    'Lines of a failed authentication (as in auth_failure_ratio) in the context, decayed.',
    { ...RARE, evidence: 'auth' },
  ),
  feature(
    'new_bssid_30m',
    'count',
    'weighted addresses',
    'Access points that the device as a client contacts for the first time (supp_auth_try, supp_assoc_try, supp_associated, supp_connected, k_auth, k_assoc, k_assoc_rx), in the context, decayed.',
    { ...RARE, evidence: 'bss' },
  ),
  feature(
    'forged_frames_30m',
    'count',
    'weighted lines',
    'Lines of unprot_beacon, ocv_failure and mic_failure in the context, decayed.',
    { ...RARE, evidence: 'bss' },
  ),
  feature(
    'dhcp_unanswered_30m',
    'count',
    'addresses',
    'Distinct addresses with a dhcp_discover and no dhcp_ack in the context, plus the lines of dhcp_exhausted in it; not decayed.',
    { ...RARE, evidence: 'dhcp' },
  ),
  feature('radar_30m', 'count', 'weighted lines', 'Lines of dfs_radar in the context, decayed.', {
    ...RARE,
    evidence: 'chan',
  }),
  feature(
    'boot_crash_30m',
    'count',
    'weighted lines',
    'Lines of boot, reboot, ap_enabled, ap_disabled and fw_crash in the context, decayed.',
    { ...RARE, evidence: 'boot' },
  ),
  feature(
    'log_rate_logratio',
    'measure',
    'log',
    'Natural logarithm of (lines + 1) / (usual lines + 1); usual = the median of the training windows of the device that begin in the same local hour, or of those of all devices for a device that training did not see; missing at an hour that training did not see.',
    { ...MISSING, evidence: 'rate' },
  ),
  feature(
    'silence_surprise',
    'measure',
    'nats',
    "Largest surprise of a silence that ends in the window or lasts beyond it, whatever window it began in: the sum over its minutes of -ln(1 - q), q = (minutes with a line + 1) / (minutes + 2) in the training windows of the device that begin in the local hour of the minute's window, or of all devices for a device that training did not see.",
    { ...RARE, evidence: 'sil' },
  ),
  feature(
    'rssi_drop_30m',
    'measure',
    'dB',
    'Readings below usual: the sum of weight x (usual - reading) over the signal readings in the context, divided by the square root of the sum of weight^2 (at least 1); weight as in a decayed sum, usual = the median of the training readings of the client named in the line, or of the device itself where none is, if there are at least 5; other readings are left out; 0 without any.',
    { ...RARE, evidence: 'rssi' },
  ),
  feature(
    'weak_link_30m',
    'count',
    'weighted lines',
    'Lines of no_ack, beacon_loss, roamast and k_conn_lost in the context, decayed.',
    { ...RARE, evidence: 'weak' },
  ),
] as const;

export type FeatureName = (typeof DEFINITIONS)[number]['name'];

export const FEATURE_CATALOGUE: ReadonlyMap<string, FeatureDefinition> = new Map(
  DEFINITIONS.map((definition) => [definition.name, definition]),
);
