import type { EventClassName } from './event-class.js';
import type { RuleConditions } from './event-conditions.js';

/**
 * One row of the catalogue. A line belongs to the class when one of the needles occurs in it and its conditions hold
 * for the first occurrence. Fields are then read from there on.
 */
export interface EventRule {
  readonly class: EventClassName;
  /** Literal texts, case-sensitive; where sources differ in a capital letter the needle starts after it. */
  readonly needles: readonly string[];
  /** Rows of tokens know only `also`, rows of token families `next` and `also`, station lines nothing. */
  readonly when?: RuleConditions;
  readonly take?: FieldKeys;
}

/** Text in front of a value: the first occurrence that a value follows counts. */
export interface FieldKeys {
  /** true = the first address after the needle. */
  readonly mac?: true;
  readonly bssid?: string;
  /** Text in front, then the closing quote. */
  readonly ssid?: readonly [string, string];
  readonly reason?: string;
  readonly status?: string;
  readonly signal?: string;
  readonly txrate?: string;
  readonly freq?: string;
}

const MAC: FieldKeys = { mac: true };
const SSID_FREQ: FieldKeys = { mac: true, ssid: ["SSID='", "'"], freq: 'freq=' };
const FREQ: FieldKeys = { freq: ' freq=' };

const row = (
  name: EventClassName,
  needles: string | readonly string[],
  take?: FieldKeys,
  when?: RuleConditions,
): EventRule => ({
  class: name,
  needles: typeof needles === 'string' ? [needles] : needles,
  take,
  when,
});

/**
 * wpa_msg events: `<iface>: <TOKEN> ...` where the token is in capitals with dashes. Needle = the whole token, looked
 * up exactly; a token may have several rows, tried in order. Shared by hostapd and wpa_supplicant.
 */
export const TOKEN_RULES: readonly EventRule[] = [
  row('sta_connected', 'AP-STA-CONNECTED', MAC),
  row('sta_disconnected', 'AP-STA-DISCONNECTED', MAC),
  row('handshake_ok', 'EAPOL-4WAY-HS-COMPLETED', MAC),
  row('psk_mismatch', 'AP-STA-POSSIBLE-PSK-MISMATCH', MAC),
  row('assoc_reject_local', ['AP-REJECTED-MAX-STA', 'AP-REJECTED-BLOCKED-STA'], MAC),
  row('unprot_beacon', 'CTRL-EVENT-UNPROT-BEACON', MAC),
  row('ocv_failure', 'OCV-FAILURE', MAC),
  row(
    'sae_fail',
    ['CTRL-EVENT-SAE-UNKNOWN-PASSWORD-IDENTIFIER', 'MESH-SAE-AUTH-FAILURE', 'MESH-SAE-AUTH-BLOCKED'],
    MAC,
  ),
  row('dfs_radar', 'DFS-RADAR-DETECTED', FREQ),
  row('dfs_new_channel', 'DFS-NEW-CHANNEL', FREQ),
  row('dfs_cac', ['DFS-CAC-START', 'DFS-CAC-COMPLETED', 'DFS-NOP-FINISHED', 'DFS-PRE-CAC-EXPIRED'], FREQ),
  row(
    'channel_switch',
    [
      'CTRL-EVENT-CHANNEL-SWITCH',
      'CTRL-EVENT-STARTED-CHANNEL-SWITCH',
      'CTRL-EVENT-LINK-CHANNEL-SWITCH',
      'CTRL-EVENT-STARTED-LINK-CHANNEL-SWITCH',
      'AP-CSA-FINISHED',
    ],
    FREQ,
  ),
  row('acs', ['ACS-STARTED', 'ACS-COMPLETED', 'ACS-FAILED'], FREQ),
  row('ap_enabled', ['AP-ENABLED', 'INTERFACE-ENABLED']),
  row('ap_disabled', ['AP-DISABLED', 'INTERFACE-DISABLED']),
  row('bss_tm', ['BSS-TM-RESP', 'BSS-TM-QUERY'], {
    mac: true,
    bssid: 'target_bssid=',
    status: 'status_code=',
    reason: ' reason=',
  }),
  row('beacon_report', ['BEACON-RESP-RX', 'BEACON-REQ-TX-STATUS'], MAC),
  row('signal_change', 'CTRL-EVENT-SIGNAL-CHANGE', { signal: ' signal=', txrate: ' txrate=' }),
  row('beacon_loss', 'CTRL-EVENT-BEACON-LOSS'),
  row('supp_connected', 'CTRL-EVENT-CONNECTED', MAC),
  row('supp_disconnected', 'CTRL-EVENT-DISCONNECTED', { mac: true, reason: ' reason=' }),
  row(
    'wrong_key',
    'CTRL-EVENT-SSID-TEMP-DISABLED',
    { ssid: ['ssid="', '"'] },
    { also: ['reason=WRONG_KEY'] },
  ),
  row('ssid_temp_disabled', 'CTRL-EVENT-SSID-TEMP-DISABLED', { ssid: ['ssid="', '"'] }),
  row('ssid_reenabled', 'CTRL-EVENT-SSID-REENABLED', { ssid: ['ssid="', '"'] }),
  row('auth_reject', 'CTRL-EVENT-AUTH-REJECT', { mac: true, status: 'status_code=' }),
  row('assoc_reject', 'CTRL-EVENT-ASSOC-REJECT', { mac: true, status: 'status_code=' }),
  row(
    'eap_failure',
    [
      'CTRL-EVENT-EAP-FAILURE',
      'CTRL-EVENT-EAP-FAILURE2',
      'CTRL-EVENT-EAP-TIMEOUT-FAILURE',
      'CTRL-EVENT-EAP-TIMEOUT-FAILURE2',
      'CTRL-EVENT-EAP-TLS-CERT-ERROR',
    ],
    MAC,
  ),
  row('eap_ok', ['CTRL-EVENT-EAP-SUCCESS', 'CTRL-EVENT-EAP-SUCCESS2'], MAC),
  row('regdom', ['CTRL-EVENT-REGDOM-CHANGE', 'CTRL-EVENT-REGDOM-BEACON-HINT']),
  row('roam', ['CTRL-EVENT-DO-ROAM', 'CTRL-EVENT-SKIP-ROAM'], {
    mac: true,
    bssid: 'sel_bssid=',
    freq: 'cur_freq=',
    signal: 'cur_level=',
  }),
  row('scan', [
    'CTRL-EVENT-SCAN-STARTED',
    'CTRL-EVENT-SCAN-RESULTS',
    'CTRL-EVENT-BSS-ADDED',
    'CTRL-EVENT-BSS-REMOVED',
  ]),
  row('scan_fail', 'CTRL-EVENT-SCAN-FAILED'),
  row('net_not_found', 'CTRL-EVENT-NETWORK-NOT-FOUND'),
  row('terminating', 'CTRL-EVENT-TERMINATING'),
];

/** What an unknown token still says by its family; the needle is the beginning of the token. First match counts. */
export const TOKEN_PREFIX_RULES: readonly EventRule[] = [
  row('eap_other', 'CTRL-EVENT-EAP-'),
  row('supp_event_other', 'CTRL-EVENT-', undefined, { next: 'capital' }),
  row('wps', 'WPS-'),
  row('mesh', ['MESH-PEER-', 'MESH-GROUP-']),
];

/** hostapd_logger: `<iface>: STA <mac> <module>: <text>`; the needle is what follows the address. */
export const STATION_RULES: readonly EventRule[] = [
  row('handshake_ok', 'WPA: pairwise key handshake completed'),
  row('assoc', 'IEEE 802.11: associated'),
  row('auth', 'IEEE 802.11: authenticated'),
  row('disassoc_inactivity', 'IEEE 802.11: disassociated due to inactivity'),
  row('disassoc', 'IEEE 802.11: disassociated'),
  row('deauth_inactivity', 'IEEE 802.11: deauthenticated due to inactivity'),
  row('deauth_local', [
    'IEEE 802.11: deauthenticated due to local deauth request',
    'IEEE 802.11: deauthenticated due to session timeout',
  ]),
  row('deauth', 'IEEE 802.11: deauthenticated'),
  row('radius_acct', ['RADIUS: starting accounting session', 'RADIUS: stopped accounting session']),
  row('group_rekey', 'WPA: group key handshake completed'),
  row('no_ack', [
    'IEEE 802.11: did not acknowledge',
    'IEEE 802.11: disconnected due to excessive missing ACKs',
  ]),
  row('deauth', ['MLME: MLME-DEAUTHENTICATE.indication', 'MLME: MLME-DISASSOCIATE.indication'], {
    reason: ', ',
  }),
  row('mlme_debug', 'MLME: MLME-'),
  row('eap_ok', 'IEEE 802.1X: authenticated'),
  row('eap_failure', 'IEEE 802.1X: authentication failed'),
  row('auth_debug', 'IEEE 802.11: authentication OK'),
];

/** Sentences of hostapd and wpa_supplicant that are neither a token nor a plain station line. */
export const WPA_RULES: readonly EventRule[] = [
  row('ap_disabled', 'interface state ', undefined, { also: ['->DISABLED'] }),
  row('ap_enabled', 'interface state ', undefined, { also: ['->ENABLED'] }),
  row('ap_state', 'interface state ', undefined, { also: ['->'] }),
  row('supp_auth_try', 'SME: Trying to authenticate with', SSID_FREQ),
  row('supp_assoc_try', 'Trying to associate with', SSID_FREQ),
  // iwd-style "not associated with" would be a false friend: an address must follow.
  row('supp_associated', 'Associated with ', MAC, { next: 'address' }),
  row('key_negotiated', 'WPA: Key negotiation completed with', MAC),
  row('group_rekey', ': Group rekeying completed with', MAC),
  row('wrong_key', '4-Way Handshake failed - pre-shared key may be incorrect'),
  row(
    'handshake_fail',
    [
      'invalid MIC in msg 2/4',
      'with invalid MIC',
      'in invalid state',
      'AssocReq did not match',
      'PTKSTART: Retry limit',
      'received invalid EAPOL-Key',
    ],
    MAC,
    { also: ['EAPOL-Key', 'msg 2/4', 'PTKSTART', 'AssocReq'] },
  ),
  row('handshake_fail', 'EAPOL-Key timeout', MAC, { place: 'end' }),
  row('unknown_ssid_assoc', 'Station tried to associate with unknown SSID', { ssid: ["SSID '", "'"] }),
  row('assoc_reject_local', [
    'reject association',
    'Station tried to associate before authentication',
    'No WPA/RSN IE in association',
    'No room for more AIDs',
    'exceeded max client',
  ]),
  row('sta_driver_error', ['Could not add STA to kernel driver', 'Could not set STA to kernel driver']),
  row('mic_failure', ['Michael MIC failure', 'TKIP countermeasures']),
  row('unprot_beacon', 'Beacon protection failure'),
  row('radius_fail', [
    'No response from Authentication server',
    'No response from Accounting server',
    'RADIUS: No response',
    'RADIUS: Resending',
    'Resending RADIUS message',
    'Access rejected',
  ]),
  row('channel_switch', ['driver had channel switch:', 'driver starting channel switch:'], FREQ),
  row('dfs_radar', 'adar detected'),
  row('acs', 'ACS: '),
  row('eap_failure', 'EAP authentication failed'),
  row('regdom', ['egulatory information', 'egulatory domain']),
  row('auth_timeout', 'uthentication with ', MAC, { also: ['timed out'] }),
  row('ignore_list', ['ignore list', 'blacklist', 'blocklist'], MAC, { also: ['BSSID'] }),
];
