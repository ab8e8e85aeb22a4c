import { describe, expect, it } from 'vitest';
import { EVENT_CLASSES, eventGroups, AUTH_FAILURE, CONNECT, DISCONNECT } from './event-class.js';
import { classify } from './event-classifier.js';
import { createEventFields, formatMac, type EventFields } from './event-fields.js';

const fields = createEventFields();
const classOf = (program: string, message: string): string =>
  EVENT_CLASSES[classify(program, message, fields)];

// Wordings of hostap, mac80211, wlceventd, acsd, dnsmasq and netifd (one line of the event catalogue each).
const LINES: readonly (readonly [string, string, string, Partial<EventFields>?])[] = [
  ['hostapd', 'wlan0: STA 70:76:6e:f5:6f:73 IEEE 802.11: authenticated', 'auth', { mac: 0x70766ef56f73 }],
  ['hostapd', 'wlan0: STA 70:76:6e:f5:6f:73 IEEE 802.11: associated (aid 3)', 'assoc'],
  [
    'hostapd',
    'wlan0: AP-STA-CONNECTED 90:6C:22:77:32:05 auth_alg=ft',
    'sta_connected',
    { mac: 0x906c22773205 },
  ],
  ['hostapd', 'ap0: STA ec:f6:f3:40:57:8a WPA: pairwise key handshake completed (RSN)', 'handshake_ok'],
  ['hostapd', 'ap0: EAPOL-4WAY-HS-COMPLETED ec:f6:f3:40:57:8a', 'handshake_ok'],
  ['hostapd', 'wl0: STA 90:a7:ea:ba:4b:c0 WPA: group key handshake completed (RSN)', 'group_rekey'],
  [
    'hostapd',
    'ap0: STA ec:f6:f3:40:57:8a RADIUS: starting accounting session 33CFF844DBBE630F',
    'radius_acct',
  ],
  ['hostapd', 'ap0: AP-STA-DISCONNECTED ec:f6:f3:40:57:8a', 'sta_disconnected', { mac: 0xecf6f340578a }],
  ['hostapd', 'ap0: STA ec:f6:f3:40:57:8a IEEE 802.11: disassociated', 'disassoc'],
  ['hostapd', 'ap0: STA ec:f6:f3:40:57:8a IEEE 802.11: deauthenticated', 'deauth'],
  [
    'hostapd',
    'ap2: STA 40:14:e6:fd:0c:8a MLME: MLME-DISASSOCIATE.indication(40:14:e6:fd:0c:8a, 34)',
    'deauth',
    { mac: 0x4014e6fd0c8a, reason: 34 },
  ],
  [
    'hostapd',
    'ap0: STA ec:f6:f3:40:57:8a IEEE 802.11: disassociated due to inactivity',
    'disassoc_inactivity',
  ],
  [
    'hostapd',
    'ap0: STA ec:f6:f3:40:57:8a IEEE 802.11: deauthenticated due to inactivity (timer DEAUTH/REMOVE)',
    'deauth_inactivity',
  ],
  [
    'hostapd',
    'ap0: STA ec:f6:f3:40:57:8a IEEE 802.11: deauthenticated due to local deauth request',
    'deauth_local',
  ],
  [
    'hostapd',
    'wlan0: STA 90:6c:22:77:32:05 IEEE 802.11: disconnected due to excessive missing ACKs',
    'no_ack',
  ],
  [
    'hostapd',
    'wlx14: AP-STA-POSSIBLE-PSK-MISMATCH 66:60:1e:d5:4a:70',
    'psk_mismatch',
    { mac: 0x66601ed54a70 },
  ],
  [
    'hostapd',
    'wlan0: STA 66:60:1e:d5:4a:70 WPA: received EAPOL-Key msg 2/4 with invalid MIC',
    'handshake_fail',
    { mac: 0x66601ed54a70 },
  ],
  [
    'hostapd',
    "wlan0: STA 66:60:1e:d5:4a:70 IEEE 802.11: Station tried to associate with unknown SSID 'Cafe 2'",
    'unknown_ssid_assoc',
    { ssid: 'Cafe 2' },
  ],
  ['hostapd', 'wlan0: AP-REJECTED-MAX-STA 66:60:1e:d5:4a:70', 'assoc_reject_local'],
  ['hostapd', 'wlan0: CTRL-EVENT-UNPROT-BEACON reporter=66:60:1e:d5:4a:70', 'unprot_beacon'],
  ['hostapd', 'wlan0: OCV-FAILURE addr=66:60:1e:d5:4a:70 frame=assocreq error=mismatch', 'ocv_failure'],
  ['hostapd', 'wlan0: CTRL-EVENT-SAE-UNKNOWN-PASSWORD-IDENTIFIER 66:60:1e:d5:4a:70', 'sae_fail'],
  [
    'hostapd',
    'wlan0: STA 66:60:1e:d5:4a:70 WPA: Michael MIC failure detected in received frame',
    'mic_failure',
  ],
  [
    'hostapd',
    'wlan1: DFS-RADAR-DETECTED freq=5500 ht_enabled=1 chan_offset=0 chan_width=3 cf1=5530 cf2=0',
    'dfs_radar',
    { freq: 5500 },
  ],
  [
    'hostapd',
    'wlan1: DFS-CAC-COMPLETED success=1 freq=5500 ht_enabled=0 radar_detected=0',
    'dfs_cac',
    { freq: 5500 },
  ],
  ['hostapd', 'wlan1: DFS-NEW-CHANNEL freq=5180 chan=36 sec_chan=1', 'dfs_new_channel', { freq: 5180 }],
  ['hostapd', 'wlan0: ACS-COMPLETED freq=5580 channel=116', 'acs', { freq: 5580 }],
  ['hostapd', 'wlan0.4: AP-CSA-FINISHED freq=2462 dfs=0', 'channel_switch', { freq: 2462 }],
  [
    'hostapd',
    'wlan1: IEEE 802.11 driver had channel switch: iface->freq=5765, freq=5745, ht=1',
    'channel_switch',
    { freq: 5745 },
  ],
  ['hostapd', 'wlan1: interface state HT_SCAN->ENABLED', 'ap_enabled'],
  ['hostapd', 'wlan1: interface state DFS->DISABLED', 'ap_disabled'],
  ['hostapd', 'wlan1: interface state UNINITIALIZED->COUNTRY_UPDATE', 'ap_state'],
  [
    'hostapd',
    'wlan1: BSS-TM-RESP 66:60:1e:d5:4a:70 status_code=0 bss_termination_delay=0 target_bssid=02:00:00:00:00:07',
    'bss_tm',
    { mac: 0x66601ed54a70, bssid: 0x020000000007, status: 0 },
  ],
  ['hostapd', 'wlan1: BEACON-RESP-RX 66:60:1e:d5:4a:70 1 00 00', 'beacon_report'],
  ['hostapd', 'wlan1: WPS-AP-SETUP-LOCKED ', 'wps'],
  ['hostapd', 'wlan1: RADIUS No response from Authentication server 10.0.0.1:1812 - failover', 'radius_fail'],
  [
    'wpa_supplicant',
    "wlo1: SME: Trying to authenticate with 70:1e:a6:8f:89:54 (SSID='home' freq=2437 MHz)",
    'supp_auth_try',
    { mac: 0x701ea68f8954, ssid: 'home', freq: 2437 },
  ],
  ['wpa_supplicant', 'wlan0: Associated with 22:22:61:04:e6:8d', 'supp_associated', { mac: 0x22226104e68d }],
  [
    'wpa_supplicant',
    'wlan0: WPA: Key negotiation completed with 22:22:61:04:e6:8d [PTK=CCMP GTK=CCMP]',
    'key_negotiated',
  ],
  [
    'wpa_supplicant',
    'wlan0: CTRL-EVENT-DISCONNECTED bssid=8a:bc:e3:99:53:47 reason=4 locally_generated=1',
    'supp_disconnected',
    { mac: 0x8abce3995347, reason: 4 },
  ],
  [
    'wpa_supplicant',
    'wlan0: CTRL-EVENT-AUTH-REJECT 8a:bc:e3:99:53:47 auth_type=3 auth_transaction=1 status_code=30',
    'auth_reject',
    { status: 30 },
  ],
  [
    'wpa_supplicant',
    'wlan0: CTRL-EVENT-ASSOC-REJECT status_code=16 timeout=5',
    'assoc_reject',
    { mac: -1, status: 16 },
  ],
  [
    'wpa_supplicant',
    'wlo1: CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid="home" auth_failures=1 duration=10 reason=WRONG_KEY',
    'wrong_key',
    { ssid: 'home' },
  ],
  [
    'wpa_supplicant',
    'wlo1: CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid="home" auth_failures=1 duration=10 reason=CONN_FAILED',
    'ssid_temp_disabled',
  ],
  ['wpa_supplicant', 'wlo1: WPA: 4-Way Handshake failed - pre-shared key may be incorrect', 'wrong_key'],
  [
    'wpa_supplicant',
    'wlp3s0f3u2: CTRL-EVENT-SIGNAL-CHANGE above=0 signal=-96 noise=9999 txrate=300000',
    'signal_change',
    { signal: -96, txrate: 300000 },
  ],
  [
    'wpa_supplicant',
    'wl1-sta0: CTRL-EVENT-SUBNET-STATUS-UPDATE status=0',
    'supp_event_other',
    { status: -1 },
  ],
  [
    'wpa_supplicant',
    'wlan0: CTRL-EVENT-DO-ROAM cur_bssid=02:00:00:00:00:01 cur_freq=5180 cur_level=-71 cur_est=1 sel_bssid=02:00:00:00:00:02 sel_level=-60',
    'roam',
    { mac: 0x020000000001, bssid: 0x020000000002, signal: -71, freq: 5180 },
  ],
  ['wpa_supplicant', 'wlan0: CTRL-EVENT-BEACON-LOSS ', 'beacon_loss'],
  [
    'wpa_supplicant',
    'wl1-sta0: RSN: Group rekeying completed with c4:41:1e:26:30:43 [GTK=CCMP]',
    'group_rekey',
  ],
  ['wpa_supplicant', 'wlan0: CTRL-EVENT-EAP-FAILURE EAP authentication failed', 'eap_failure'],
  ['wpa_supplicant', 'wl1-sta0: Unknown event 37', 'other'],
  [
    'kernel',
    '[  138.426618] wlo1: send auth to b4:89:de:67:a0:e7 (try 2/3)',
    'k_auth',
    { mac: 0xb489de67a0e7 },
  ],
  ['kernel', '[ 4452.696900] wlo1: authenticated', 'k_authed'],
  [
    'kernel',
    'wlan0: RX AssocResp from 8a:bc:e3:ee:f8:e1 (capab=0x1c31 status=0 aid=23)',
    'k_assoc_rx',
    { status: 0 },
  ],
  [
    'kernel',
    'wlan0: deauthenticating from b0:1c:40:5e:97:45 by local choice (Reason: 3=DEAUTH_LEAVING)',
    'k_deauth_local',
    { reason: 3, mac: 0xb01c405e9745 },
  ],
  [
    'kernel',
    'wlan0: deauthenticated from 66:5d:ce:47:de:1f while associating (Reason: 6=CLASS2_FRAME_FROM_NONAUTH_STA)',
    'k_deauth_rx',
    { reason: 6 },
  ],
  ['kernel', 'wlan0: Connection to AP 22:22:61:04:e6:8d lost', 'k_conn_lost'],
  ['kernel', 'wlan0: authentication with b0:8a:ce:49:e7:11 timed out', 'auth_timeout'],
  ['kernel', 'wlan0: 8a:bc:e3:99:53:47 denied authentication (status 30)', 'k_denied', { status: 30 }],
  ['kernel', 'mt7915e 0000:01:00.0: Message 001a0003 (seq 1) timeout', 'fw_crash'],
  ['kernel', 'ath10k_pci 0000:01:00.0: firmware crashed! (guid 7)', 'fw_crash'],
  ['kernel', 'br0: port 3(wlan0) entered blocking state', 'bridge_port'],
  ['kernel', 'key mismatch: pktlist key 1 elem key 2', 'other'],
  [
    'wlceventd',
    'wlceventd_proc_event(464): eth6: Deauth_ind 92:AE:98:27:C7:E2, status: 0, reason: Deauthenticated because sending station is leaving (or has left) IBSS or ESS (3), rssi:0',
    'wlc_deauth',
    { mac: 0x92ae9827c7e2, reason: 3, signal: NaN },
  ],
  [
    'wlceventd',
    'wlceventd_proc_event(527): eth6: ReAssoc 92:AE:98:27:C7:E2, status: Successful (0), rssi:-67',
    'wlc_assoc',
    { status: 0, signal: -67 },
  ],
  [
    'syslog',
    'WLCEVENTD wlceventd_proc_event(386): eth5: Auth 92:AE:98:27:C7:E2, status: 0, reason: d11 RC reserved (0)',
    'wlc_auth',
  ],
  [
    'wlceventd',
    'wlceventd_proc_event(481): eth6: Disassoc 92:AE:98:27:C7:E2, status: 0, reason: left BSS (8)',
    'wlc_disassoc',
    { reason: 8 },
  ],
  ['acsd', 'acs_set_chspec: 0xe22a (44/80) for reason APCS_CSTIMER', 'acs_routine'],
  ['roamast', 'eth6: disconnect weak signal strength station [92:ae:98:27:c7:e2]', 'roamast'],
  ['WATCHDOG', '[FAUPGRADE][auto_firmware_check:(6193)]retrieve firmware information', 'wps_asus_fw'],
  [
    'dnsmasq-dhcp',
    'DHCPACK(ap0) 192.168.5.214 ec:f6:f3:40:57:8a laptop',
    'dhcp_ack',
    { mac: 0xecf6f340578a },
  ],
  [
    'dnsmasq-dhcp',
    'DHCPDISCOVER(br-lan) ec:f6:f3:40:57:8a no address available',
    'dhcp_exhausted',
    { mac: 0xecf6f340578a },
  ],
  ['netifd', "Network device 'wlan0' link is up", 'link'],
  ['netifd', "Interface 'wan' is now up", 'netifd'],
];

describe('classify', () => {
  for (const [program, message, expected, carried = {}] of LINES) {
    it(`${program}: ${message}`, () => {
      expect(classOf(program, message)).toBe(expected);
      expect(fields).toMatchObject(carried);
    });
  }

  it('tells the same event from any program when the name says nothing', () => {
    expect(classOf('', 'wlan0: AP-STA-DISCONNECTED ec:f6:f3:40:57:8a')).toBe('sta_disconnected');
    expect(classOf('relay', 'eth6: Assoc 92:AE:98:27:C7:E2, status: Successful (0)')).toBe('wlc_assoc');
  });

  it('does not take look-alikes: a beacon report is no lost beacon, radar_detected=0 no radar', () => {
    expect(classOf('hostapd', 'wlan0: BEACON-REQ-TX-STATUS 66:60:1e:d5:4a:70 1 ack=1')).toBe('beacon_report');
    expect(classOf('hostapd', 'wlan0: DFS-CAC-COMPLETED success=0 freq=5500 radar_detected=0')).toBe(
      'dfs_cac',
    );
    expect(classOf('cron', '(CRON) INFO (Running @reboot jobs)')).toBe('other');
  });

  it('leaves a masked address out, but keeps the event', () => {
    expect(classOf('hostapd', 'wlan0: STA 56:XX:XX:XX:XX:3a IEEE 802.11: authenticated')).toBe('auth');
    expect(fields.mac).toBe(-1);
  });

  it('forgets the fields of the line before', () => {
    classOf('wpa_supplicant', 'wlan0: CTRL-EVENT-SIGNAL-CHANGE above=0 signal=-50 noise=-90 txrate=6000');
    classOf('kernel', 'nothing to see');
    expect(fields).toEqual(createEventFields());
  });

  it('survives empty and cut lines', () => {
    for (const message of [
      '',
      ': ',
      'STA ',
      'wlan0: STA aa:bb',
      'wlan0: CTRL-EVENT-',
      'wlan0: AP-STA-CONNECTED ',
    ]) {
      expect(() => classOf('hostapd', message)).not.toThrow();
    }
    expect(classOf('hostapd', 'wlan0: AP-STA-CONNECTED aa:bb:cc')).toBe('sta_connected');
  });
});

describe('eventGroups', () => {
  it('counts a refused ASUS association as a failure, not as a link', () => {
    const good = classify('wlceventd', 'eth6: Assoc 92:AE:98:27:C7:E2, status: Successful (0)', fields);
    expect(eventGroups(good, fields) & (CONNECT | AUTH_FAILURE)).toBe(CONNECT);
    const bad = classify('wlceventd', 'eth6: Assoc 92:AE:98:27:C7:E2, status: Denied (17)', fields);
    expect(eventGroups(bad, fields) & (CONNECT | AUTH_FAILURE)).toBe(AUTH_FAILURE);
  });

  it('reads a handshake timeout (reason 15) as a lost link and a failed authentication', () => {
    const id = classify(
      'wlceventd',
      'eth6: Deauth_ind 92:AE:98:27:C7:E2, status: 0, reason: 4-way (15)',
      fields,
    );
    expect(eventGroups(id, fields) & (DISCONNECT | AUTH_FAILURE)).toBe(DISCONNECT | AUTH_FAILURE);
  });
});

describe('formatMac', () => {
  it('writes all six octets in lower case', () => {
    expect(formatMac(0x00ae9827c70f)).toBe('00:ae:98:27:c7:0f');
  });
});
