import type { EventRule, FieldKeys } from './event-rules.js';
import type { EventClassName } from './event-class.js';
import type { RuleConditions } from './event-conditions.js';

const MAC: FieldKeys = { mac: true };
const KERNEL_REASON: FieldKeys = { mac: true, reason: '(Reason: ' };

const row = (
  name: EventClassName,
  needles: string | readonly string[],
  take?: FieldKeys,
  when?: RuleConditions,
): EventRule => ({ class: name, needles: typeof needles === 'string' ? [needles] : needles, take, when });

/** mac80211 and WiFi drivers, as the kernel writes them. */
export const KERNEL_RULES: readonly EventRule[] = [
  row('k_auth', ['send auth to ', ': authenticate with ', ': direct probe to '], MAC),
  row('k_assoc_rx', 'ssocResp from ', { mac: true, status: 'status=' }),
  row('k_assoc', ': associate with ', MAC),
  row('k_authed', ': authenticated', undefined, { place: 'interface' }),
  row('k_associated', ': associated', undefined, { place: 'interface' }),
  row('k_deauth_local', 'deauthenticating from ', KERNEL_REASON, { also: ['(Reason: '] }),
  row('k_disassoc_local', ['disassociating from ', 'disassociated from '], KERNEL_REASON, {
    also: ['by local choice'],
  }),
  row('k_deauth_rx', 'deauthenticated from ', KERNEL_REASON, { also: ['(Reason: '] }),
  row('k_disassoc_rx', ['disassociated from ', 'disassociating from '], KERNEL_REASON),
  row('auth_timeout', ['uthentication with ', 'ssociation with '], MAC, { also: ['timed out'] }),
  row(
    'k_denied',
    [
      'denied authentication (status',
      'denied authentication (code=',
      'denied association (status',
      'denied association (code=',
    ],
    { status: '(status ' },
  ),
  row('beacon_loss', ['beacon loss', 'No beacon heard', 'missed beacon'], MAC, {
    also: ['from AP', 'detected', 'heard', 'exceed'],
  }),
  row('k_conn_lost', 'Connection to AP ', MAC, { also: ['lost'] }),
  row('k_conn_lost', ['No ack for nullfunc frame to AP ', 'No probe response from AP '], MAC),
  row('k_conn_lost', ', disconnecting', MAC, { also: ['failed to '] }),
  row('regdom', ['egulatory', 'regdom']),
  row('fw_crash', [
    'irmware crash',
    'irmware has crashed',
    'irmware has halted',
    'irmware halts',
    'fw_crash',
    'fw crash',
    'icrocode SW error',
    'SYSASSERT',
    'ardware restart was requested',
    'estarting hardware',
    'estart hardware',
    'estarting radio',
    'timeout, restarting',
    'hw reset',
    'HW reset',
    'HW problem',
    'hip reset',
    'atal error',
  ]),
  row('fw_crash', ['MCU ', 'mcu '], undefined, { also: ['timeout', 'message', 'Timeout', 'Message'] }),
  row('fw_crash', 'Message ', undefined, { also: [') timeout'] }),
  row('driver_warn', 'WARNING: CPU: ', undefined, { also: ['PID: '] }),
  row('fw_load', [
    'irmware version',
    'irmware Version',
    'irmware: ',
    'irmware init',
    'irmware Init',
    'irect firmware load',
    'fw version',
    'FW version',
    'FW Version',
    'HW/SW Version',
    'ailed to load firmware',
  ]),
  row('fw_load', 'ailed to load ', undefined, { also: ['.bin', '.ucode', '.pnvm'] }),
  row('bridge_port', ') entered ', undefined, { also: [' state'] }),
  row('link', [
    'ink becomes ready',
    'ink is not ready',
    'ink is up',
    'ink is Up',
    'ink is down',
    'ink is Down',
    'arrier lost',
    'arrier acquired',
  ]),
  row('promisc', [
    'entered promiscuous mode',
    'left promiscuous mode',
    'entered allmulticast mode',
    'left allmulticast mode',
  ]),
  row('dfs_radar', 'adar detected'),
  row('mic_failure', 'Michael MIC failure'),
  // A wpa_supplicant whose lines are relayed through the kernel's log.
  row('signal_change', 'CTRL-EVENT-SIGNAL-CHANGE', { signal: ' signal=', txrate: ' txrate=' }),
];

const WLC: FieldKeys = { mac: true, signal: 'rssi:' };

/**
 * wlceventd writes `wlceventd_proc_event(<source line>): eth5: <verb> <mac>, status: ...`; the number changes with the
 * firmware, so only the verb counts. Older firmware logs the same under the program `syslog`.
 */
export const BROADCOM_RULES: readonly EventRule[] = [
  row(
    'wlc_deauth',
    [': Deauth_ind ', ': Deauthenticate ', ': Deauth '],
    { ...WLC, reason: ' (' },
    { next: 'address' },
  ),
  row('wlc_assoc', [': Assoc ', ': ReAssoc '], { ...WLC, status: ' (' }, { next: 'address' }),
  row('wlc_auth', ': Auth ', { ...WLC, status: ' (' }, { next: 'address' }),
  row('wlc_disassoc', ': Disassoc ', { ...WLC, reason: ' (' }, { next: 'address' }),
  // acsd looks for a better channel every hour and says so, with or without a change.
  row('acs_routine', 'acs_set_chspec: 0x', undefined, { also: ['APCS_CSTIMER'] }),
  row('acs_routine', ['selected channel spec: 0x', 'Adjusted channel spec: 0x']),
  row('acs', ['DFS-exit channel spec: 0x', 'acs_set_chspec: 0x']),
  row('roamast', ['roamast', 'ROAMING Start', 'disconnect weak signal strength station'], MAC),
  row('bsd_steer', ['bsd: Sending act Frame', 'bsd: STA:'], MAC),
  row('qca_wifi_log', 'wifi_log: [Class '),
  row('wps_asus_fw', 'FAUPGRADE'),
];

/** dnsmasq and dhcpd. */
export const DHCP_RULES: readonly EventRule[] = [
  row('dhcp_request', 'DHCPREQUEST', MAC),
  row('dhcp_ack', 'DHCPACK', MAC),
  // Before dhcp_discover: the refused request is written into the same line, and the client stands in front of the
  // reason.
  row('dhcp_exhausted', 'DHCPDISCOVER', MAC, {
    also: ['no address available', 'no address range available', 'no free leases', 'no leases left'],
  }),
  row(
    'dhcp_exhausted',
    [
      'no address available',
      'no address range available',
      'no free leases',
      'no leases left',
      'which has no address',
      'Maximum number of concurrent DNS',
    ],
    MAC,
  ),
  row('dhcp_discover', 'DHCPDISCOVER', MAC),
  row('dhcp_offer', 'DHCPOFFER', MAC),
  row('dhcp_nak', 'DHCPNAK', MAC),
  row(
    'dhcp_other',
    ['DHCPINFORM', 'DHCPRELEASE', 'DHCPDECLINE', 'DHCPSOLICIT', 'DHCPADVERTISE', 'DHCPREPLY', 'DHCPCONFIRM'],
    undefined,
    { place: 'start' },
  ),
  row('dhcp_other', 'Got DHCPv6 request'),
  row('dns', ['query[', 'forwarded ', 'reply ', 'cached ', 'config '], undefined, { place: 'start' }),
  row('dns', ['using nameserver', 'read /', 'started, version', 'exiting on receipt']),
];

/** Start, stop, network configuration and logins, whatever program writes them. */
export const SYSTEM_RULES: readonly EventRule[] = [
  row('link', ['ink is up', 'ink is down', 'arrier lost', 'arrier acquired']),
  row(
    'netifd',
    ["Network device '", "Network alias '", "Interface '", "Wireless device '", "VLAN '"],
    undefined,
    { place: 'start', also: ["' is ", "' link ", "' has "] },
  ),
  row('boot', 'Linux version '),
  row('boot', [
    'Booting Linux',
    'syslogd started',
    'syslog started',
    'klogd started',
    'Console is alive',
    '- init complete -',
    'procd: - ',
  ]),
  // Not cron's "Running @reboot jobs": it runs at every start of cron.
  row('reboot', ['reboot', 'Reboot'], undefined, { notAfter: '@' }),
  row('reboot', 'estarting system'),
  row('login_fail', [
    'bad password',
    'Bad password',
    'ogin attempt for nonexistent',
    'uthentication failure',
    'ailed password',
    'ogin incorrect',
  ]),
];
