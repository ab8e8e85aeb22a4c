import { describe, expect, it } from 'vitest';
import { ClassifierPair } from '../../../test/support/classifier-pair.js';

const A = '90:6c:22:77:32:05';
const B = '8a:bc:e3:99:53:47';
const sta = (text: string): string => `wlan0: STA ${A} ${text}`;

// Wordings as the sources print them: hostap (wpa_ctrl.h, hostapd_logger, wpa_msg), mac80211's mlme.c, drivers,
// wlceventd and acsd of several firmwares, dnsmasq's rfc2131.c, netifd. [class, message] by program.
const CATALOGUE: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  hostapd: [
    ['auth', sta('IEEE 802.11: authenticated')],
    ['assoc', sta('IEEE 802.11: associated (aid 3)')],
    ['assoc', sta('IEEE 802.11: associated')],
    ['sta_connected', `wlan0: AP-STA-CONNECTED ${A} vlanid=7 auth_alg=sae`],
    ['sta_connected', `wlan0: AP-STA-CONNECTED ${A} ip_addr=10.0.0.7 keyid=guest dpp_pkhash=00ff`],
    ['handshake_ok', sta('WPA: pairwise key handshake completed (WPA)')],
    ['handshake_ok', `wlan0: EAPOL-4WAY-HS-COMPLETED ${A}`],
    ['group_rekey', sta('WPA: group key handshake completed (RSN)')],
    ['radius_acct', sta('RADIUS: stopped accounting session 33CFF844DBBE630F')],
    ['sta_disconnected', `wlan0: AP-STA-DISCONNECTED ${A}`],
    ['disassoc', sta('IEEE 802.11: disassociated')],
    ['deauth', sta('IEEE 802.11: deauthenticated')],
    ['deauth', sta(`MLME: MLME-DEAUTHENTICATE.indication(${A}, 3)`)],
    ['mlme_debug', sta(`MLME: MLME-AUTHENTICATE.indication(${A}, OPEN_SYSTEM)`)],
    ['disassoc_inactivity', sta('IEEE 802.11: disassociated due to inactivity')],
    ['deauth_inactivity', sta('IEEE 802.11: deauthenticated due to inactivity (timer DEAUTH/REMOVE)')],
    ['deauth_local', sta('IEEE 802.11: deauthenticated due to session timeout')],
    ['no_ack', sta('IEEE 802.11: did not acknowledge authentication response')],
    ['no_ack', sta('IEEE 802.11: disconnected due to excessive missing ACKs')],
    ['psk_mismatch', `wlan0: AP-STA-POSSIBLE-PSK-MISMATCH ${A}`],
    ['handshake_fail', sta('WPA: received EAPOL-Key request with invalid MIC')],
    ['handshake_fail', sta('WPA: received EAPOL-Key msg 2/4 in invalid state (4) - dropped')],
    ['handshake_fail', sta('WPA: WPA IE from (Re)AssocReq did not match with msg 2/4')],
    ['unknown_ssid_assoc', sta("IEEE 802.11: Station tried to associate with unknown SSID 'x'")],
    ['assoc_reject_local', `wlan0: AP-REJECTED-BLOCKED-STA ${A}`],
    ['assoc_reject_local', sta('IEEE 802.11: No room for more AIDs')],
    [
      'assoc_reject_local',
      sta('IEEE 802.11: Station tried to associate before authentication (aid=-1 flags=0x0)'),
    ],
    ['unprot_beacon', `wlan0: CTRL-EVENT-UNPROT-BEACON reporter=${A}`],
    ['unprot_beacon', sta('WPA: Beacon protection failure reported')],
    ['ocv_failure', `wlan0: OCV-FAILURE addr=${A} frame=eapol-key-m2 error=x`],
    ['sae_fail', `wlan0: CTRL-EVENT-SAE-UNKNOWN-PASSWORD-IDENTIFIER ${A}`],
    ['sae_fail', `mesh0: MESH-SAE-AUTH-FAILURE addr=${A}`],
    ['sae_fail', `mesh0: MESH-SAE-AUTH-BLOCKED addr=${A} duration=300`],
    ['mic_failure', sta('WPA: Michael MIC failure detected in received frame')],
    ['mic_failure', 'wlan0: WPA: TKIP countermeasures initiated'],
    [
      'dfs_radar',
      'wlan1: DFS-RADAR-DETECTED freq=5500 ht_enabled=1 chan_offset=0 chan_width=3 cf1=5530 cf2=0',
    ],
    ['dfs_new_channel', 'wlan1: DFS-NEW-CHANNEL freq=5180 chan=36 sec_chan=1'],
    [
      'dfs_cac',
      'wlan1: DFS-CAC-START freq=5500 chan=100 chan_offset=0 width=3 seg0=5530 seg1=0 cac_time=60s',
    ],
    ['dfs_cac', 'wlan1: DFS-CAC-COMPLETED success=1 freq=5500 ht_enabled=0 radar_detected=0'],
    ['dfs_cac', 'wlan1: DFS-NOP-FINISHED freq=5500'],
    ['dfs_cac', 'wlan1: DFS-PRE-CAC-EXPIRED freq=5500'],
    ['acs', 'wlan0: ACS-STARTED '],
    ['acs', 'wlan0: ACS-COMPLETED freq=5580 channel=116'],
    ['acs', 'wlan0: ACS-FAILED '],
    ['channel_switch', 'wlan0: CTRL-EVENT-STARTED-CHANNEL-SWITCH freq=5745 ht_enabled=1 ch_offset=1'],
    ['channel_switch', 'wlan0: CTRL-EVENT-CHANNEL-SWITCH freq=5745 ht_enabled=1 ch_offset=1 ch_width=80 MHz'],
    ['channel_switch', 'wlan0: AP-CSA-FINISHED freq=2462 dfs=0'],
    [
      'channel_switch',
      'wlan0: IEEE 802.11 driver starting channel switch: iface->freq=5765, freq=5745, ht=1',
    ],
    ['ap_state', 'wlan0: interface state UNINITIALIZED->COUNTRY_UPDATE'],
    ['ap_enabled', 'wlan0: AP-ENABLED '],
    ['ap_enabled', 'wlan0: INTERFACE-ENABLED '],
    ['ap_disabled', 'wlan0: AP-DISABLED '],
    ['ap_disabled', 'wlan0: INTERFACE-DISABLED '],
    ['bss_tm', `wlan0: BSS-TM-RESP ${A} status_code=0 bss_termination_delay=0 target_bssid=${B}`],
    ['bss_tm', `wlan0: BSS-TM-QUERY ${A} reason=16`],
    ['beacon_report', `wlan0: BEACON-REQ-TX-STATUS ${A} 1 ack=1`],
    ['beacon_report', `wlan0: BEACON-RESP-RX ${A} 1 00 00`],
    ['wps', 'wlan0: WPS-PBC-ACTIVE '],
    ['wps', `wlan0: WPS-REG-SUCCESS ${A} 0`],
    ['wps', 'wlan0: WPS-FAIL msg=8 config_error=18'],
    ['wps', 'wlan0: WPS-AP-SETUP-LOCKED '],
    ['wps', 'wlan0: WPS-TIMEOUT '],
    ['radius_fail', 'wlan0: RADIUS No response from Authentication server 10.0.0.1:1812 - failover'],
    ['radius_fail', sta('RADIUS: Resending RADIUS message (id=3)')],
    ['eap_failure', `wlan0: CTRL-EVENT-EAP-FAILURE2 ${A}`],
    ['eap_ok', `wlan0: CTRL-EVENT-EAP-SUCCESS2 ${A}`],
    ['eap_other', `wlan0: CTRL-EVENT-EAP-STARTED ${A}`],
    ['eap_other', `wlan0: CTRL-EVENT-EAP-PROPOSED-METHOD vendor=0 method=25`],
  ],
  wpa_supplicant: [
    ['supp_auth_try', `wlan0: SME: Trying to authenticate with ${A} (SSID='x' freq=2437 MHz)`],
    ['supp_assoc_try', `wlan0: Trying to associate with ${A} (SSID='x' freq=2437 MHz)`],
    ['supp_associated', `wlan0: Associated with ${A}`],
    ['key_negotiated', `wlan0: WPA: Key negotiation completed with ${A} [PTK=CCMP GTK=CCMP]`],
    ['supp_connected', `wlan0: CTRL-EVENT-CONNECTED - Connection to ${A} completed [id=0 id_str=]`],
    ['supp_disconnected', `wlan0: CTRL-EVENT-DISCONNECTED bssid=${A} reason=3 locally_generated=1`],
    ['auth_reject', `wlan0: CTRL-EVENT-AUTH-REJECT ${A} auth_type=3 auth_transaction=1 status_code=30`],
    ['assoc_reject', `wlan0: CTRL-EVENT-ASSOC-REJECT bssid=${A} status_code=16 timeout=5`],
    [
      'wrong_key',
      'wlan0: CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid="x" auth_failures=1 duration=10 reason=WRONG_KEY',
    ],
    [
      'ssid_temp_disabled',
      'wlan0: CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid="x" auth_failures=1 duration=10 reason=AUTH_FAILED',
    ],
    ['wrong_key', 'wlan0: WPA: 4-Way Handshake failed - pre-shared key may be incorrect'],
    ['signal_change', 'wlan0: CTRL-EVENT-SIGNAL-CHANGE above=0 signal=-96 noise=9999 txrate=300000'],
    ['roam', `wlan0: CTRL-EVENT-SKIP-ROAM cur_bssid=${A} cur_freq=2437 cur_level=-60 sel_bssid=${B}`],
    ['beacon_loss', 'wlan0: CTRL-EVENT-BEACON-LOSS '],
    ['group_rekey', `wlan0: RSN: Group rekeying completed with ${A} [GTK=CCMP]`],
    ['eap_failure', 'wlan0: CTRL-EVENT-EAP-FAILURE EAP authentication failed'],
    ['eap_failure', "wlan0: CTRL-EVENT-EAP-TLS-CERT-ERROR reason=7 depth=0 subject='x' err='y'"],
    ['regdom', 'wlan0: CTRL-EVENT-REGDOM-CHANGE init=USER type=COUNTRY alpha2=DE'],
    ['scan_fail', 'wlan0: CTRL-EVENT-SCAN-FAILED ret=-16 retry=1'],
    ['net_not_found', 'wlan0: CTRL-EVENT-NETWORK-NOT-FOUND '],
    ['ssid_reenabled', 'wlan0: CTRL-EVENT-SSID-REENABLED id=0 ssid="x"'],
    ['ignore_list', `wlan0: Added BSSID ${A} into ignore list, ignoring for 10 seconds`],
    ['supp_event_other', 'wlan0: CTRL-EVENT-SUBNET-STATUS-UPDATE status=0'],
    ['other', 'wl1-sta0: Unknown event 37'],
  ],
  kernel: [
    ['k_auth', `[  1.5] wlan0: authenticate with ${A}`],
    ['k_auth', `[  1.5] wlan0: send auth to ${A} (try 1/3)`],
    ['k_authed', '[  1.5] wlan0: authenticated'],
    ['k_assoc', `[  1.5] wlan0: associate with ${A} (try 1/3)`],
    ['k_assoc_rx', `[  1.5] wlan0: RX AssocResp from ${A} (capab=0x411 status=0 aid=1)`],
    ['k_associated', '[  1.5] wlan0: associated'],
    ['k_deauth_local', `wlan0: deauthenticating from ${A} by local choice (Reason: 3=DEAUTH_LEAVING)`],
    ['k_disassoc_local', `wlan0: disassociating from ${A} by local choice (Reason: 3=DEAUTH_LEAVING)`],
    ['k_deauth_rx', `wlan0: deauthenticated from ${A} (Reason: 6=CLASS2_FRAME_FROM_NONAUTH_STA)`],
    ['k_disassoc_rx', `wlan0: disassociated from ${A} (Reason: 8=DISASSOC_STA_HAS_LEFT)`],
    ['k_conn_lost', `wlan0: Connection to AP ${A} lost`],
    ['k_conn_lost', `wlan0: No ack for nullfunc frame to AP ${A}, try 1/2`],
    ['beacon_loss', `wlan0: detected beacon loss from AP (missed 7 beacons) - probing`],
    ['auth_timeout', `wlan0: authentication with ${A} timed out`],
    ['k_denied', `wlan0: ${A} denied authentication (status 30)`],
    ['fw_crash', 'ath10k_pci 0000:02:00.0: firmware crashed! (guid 1234)'],
    ['fw_crash', 'ath10k_pci 0000:02:00.0: wmi command 36867 timeout, restarting hardware'],
    ['fw_crash', 'mt7915e 0000:03:00.0: Message 00000010 (seq 1) timeout'],
    ['fw_crash', 'iwlwifi 0000:00:14.3: Microcode SW error detected. Restarting 0x0.'],
    ['fw_crash', 'ieee80211 phy0: Hardware restart was requested'],
    ['fw_crash', 'brcmfmac: brcmf_fw_crashed: Firmware has halted or crashed'],
    ['bridge_port', 'br0: port 3(wlan0) entered blocking state'],
    ['promisc', 'device wlan0 left allmulticast mode'],
    ['other', 'key mismatch: pktlist key 12 elem key 13'],
  ],
  wlceventd: [
    ['wlc_auth', `wlceventd_proc_event(499): eth5: Auth ${A}, status: Successful (0), rssi:0`],
    ['wlc_assoc', `wlceventd_proc_event(527): eth5: Assoc ${A}, status: Successful (0)`],
    ['wlc_assoc', `wlceventd_proc_event(722): eth5: ReAssoc ${A}, status: Successful (0), rssi:-67`],
    [
      'wlc_deauth',
      `wlceventd_proc_event(464): eth5: Deauth_ind ${A}, status: 0, reason: Class 3 frame (7), rssi:0`,
    ],
    ['wlc_disassoc', `wlceventd_proc_event(481): eth5: Disassoc ${A}, status: 0, reason: has left BSS (8)`],
  ],
  syslog: [
    [
      'wlc_auth',
      `WLCEVENTD wlceventd_proc_event(386): eth5: Auth ${A}, status: 0, reason: d11 RC reserved (0)`,
    ],
    ['wlc_deauth', `wlceventd_proc_event(401): eth5: Deauth_ind ${A}, status: 0, reason: Unspecified (1)`],
  ],
  acsd: [
    ['acs_routine', 'eth5: selected channel spec: 0x1006 (6)'],
    ['acs_routine', 'acs_set_chspec: 0xe22a (44/80) for reason APCS_CSTIMER'],
    ['acs', 'acs_set_chspec: 0xe06a (100/80) for reason APCS_DFS_REENTRY'],
  ],
  roamast: [['roamast', `eth6: disconnect weak signal strength station [${A}]`]],
  bsd: [['bsd_steer', `bsd: Sending act Frame to ${A} with transition target eth6 ssid ${B}`]],
  WATCHDOG: [['wps_asus_fw', '[FAUPGRADE][auto_firmware_check:(6193)]retrieve firmware information']],
  'dnsmasq-dhcp': [
    ['dhcp_discover', `DHCPDISCOVER(br-lan) 192.168.1.7 ${A} `],
    ['dhcp_offer', `DHCPOFFER(br-lan) 192.168.1.7 ${A} `],
    ['dhcp_request', `DHCPREQUEST(br-lan) 192.168.1.7 ${A} `],
    ['dhcp_ack', `DHCPACK(br-lan) 192.168.1.7 ${A} laptop`],
    ['dhcp_nak', `DHCPNAK(br-lan) 192.168.1.7 ${A} wrong address`],
    ['dhcp_exhausted', `DHCPDISCOVER(br-lan) ${A} no address available`],
    ['dhcp_exhausted', 'DHCP packet received on eth1 which has no address'],
  ],
  netifd: [
    ['link', "Network device 'wlan0' link is up"],
    ['netifd', "Interface 'wan' is now up"],
    ['netifd', "Interface 'wan' has lost the connection"],
    ['netifd', "Wireless device 'radio0' is now up"],
  ],
};

describe('the event catalogue', () => {
  const pair = new ClassifierPair();
  for (const [program, rows] of Object.entries(CATALOGUE)) {
    it(`is known, on text and on bytes: ${program}`, () => {
      const lines = rows.map(([, message]) => ({ program, message }));
      pair.fill(lines);
      const expected = rows.map(([name, message]) => [name, message]);
      expect(pair.rows(pair.text).map((row, i) => [row.class, lines[i].message])).toEqual(expected);
      expect(pair.rows(pair.kernel).map((row, i) => [row.class, lines[i].message])).toEqual(expected);
      expect(pair.differences(lines)).toEqual([]);
    });
  }

  it('is known from programs that nobody knows', () => {
    const rows = Object.values(CATALOGUE).flat();
    pair.fill(rows.map(([, message]) => ({ program: 'relay', message })));
    expect(pair.rows(pair.kernel).map((row) => row.class)).toEqual(rows.map(([name]) => name));
  });
});
