/**
 * Every kind of WiFi log line the extractor tells apart, with the groups the features count it in. Wordings come from
 * hostap (wpa_ctrl.h, hostapd_logger and wpa_msg calls), mac80211's mlme.c, Broadcom's wlceventd and acsd, dnsmasq's
 * rfc2131.c and netifd.
 */

/** A line of the radio side, whatever program wrote it. */
export const WIFI = 1;
/** Someone was refused: wrong key, rejected, timed out. */
export const AUTH_FAILURE = 2;
/** A link ended (deauthentication, disassociation, loss of the peer). */
export const DISCONNECT = 4;
/** Of those, a disassociation. */
export const DISASSOCIATION = 8;
/** A link was established. */
export const CONNECT = 16;
/** Beacons were lost or forged. */
export const BEACON = 32;
/** A step of joining or renewing a link: what a busy or flapping network has a lot of. */
export const JOIN = 64;

const GROUPS_BY_CLASS = {
  other: 0,
  // hostapd
  auth: WIFI | JOIN,
  auth_debug: WIFI,
  assoc: WIFI | JOIN,
  sta_connected: WIFI | CONNECT | JOIN,
  sta_disconnected: WIFI | DISCONNECT,
  handshake_ok: WIFI | JOIN,
  handshake_fail: WIFI | AUTH_FAILURE,
  psk_mismatch: WIFI | AUTH_FAILURE,
  group_rekey: WIFI,
  deauth: WIFI | DISCONNECT,
  deauth_local: WIFI | DISCONNECT,
  deauth_inactivity: WIFI | DISCONNECT,
  disassoc: WIFI | DISCONNECT | DISASSOCIATION,
  disassoc_inactivity: WIFI | DISCONNECT | DISASSOCIATION,
  mlme_debug: WIFI,
  no_ack: WIFI,
  sta_driver_error: WIFI,
  unknown_ssid_assoc: WIFI,
  assoc_reject_local: WIFI | AUTH_FAILURE,
  mic_failure: WIFI,
  unprot_beacon: WIFI | BEACON,
  ocv_failure: WIFI,
  sae_fail: WIFI | AUTH_FAILURE,
  radius_fail: WIFI,
  radius_acct: WIFI,
  dfs_radar: WIFI,
  dfs_cac: WIFI,
  dfs_new_channel: WIFI,
  channel_switch: WIFI,
  acs: WIFI,
  ap_disabled: WIFI,
  ap_enabled: WIFI,
  ap_state: WIFI,
  bss_tm: WIFI,
  beacon_report: WIFI,
  wps: WIFI,
  mesh: WIFI,
  // wpa_supplicant
  signal_change: WIFI,
  beacon_loss: WIFI | BEACON,
  supp_auth_try: WIFI | JOIN,
  supp_assoc_try: WIFI | JOIN,
  supp_associated: WIFI | JOIN,
  key_negotiated: WIFI | JOIN,
  supp_connected: WIFI | CONNECT | JOIN,
  supp_disconnected: WIFI | DISCONNECT,
  wrong_key: WIFI | AUTH_FAILURE,
  ssid_temp_disabled: WIFI,
  ssid_reenabled: WIFI,
  auth_reject: WIFI | AUTH_FAILURE,
  assoc_reject: WIFI | AUTH_FAILURE,
  auth_timeout: WIFI | AUTH_FAILURE,
  eap_failure: WIFI | AUTH_FAILURE,
  eap_ok: WIFI,
  eap_other: WIFI,
  regdom: WIFI,
  roam: WIFI,
  scan: WIFI,
  scan_fail: WIFI,
  net_not_found: WIFI,
  ignore_list: WIFI,
  terminating: WIFI,
  supp_event_other: WIFI,
  // kernel: mac80211 and drivers
  k_auth: WIFI | JOIN,
  k_authed: WIFI | JOIN,
  k_assoc: WIFI | JOIN,
  k_assoc_rx: WIFI | JOIN,
  k_associated: WIFI | CONNECT | JOIN,
  k_deauth_local: WIFI | DISCONNECT,
  k_disassoc_local: WIFI | DISCONNECT | DISASSOCIATION,
  k_deauth_rx: WIFI | DISCONNECT,
  k_disassoc_rx: WIFI | DISCONNECT | DISASSOCIATION,
  k_conn_lost: WIFI | DISCONNECT,
  k_denied: WIFI | AUTH_FAILURE,
  fw_crash: WIFI,
  driver_warn: 0,
  fw_load: 0,
  bridge_port: 0,
  link: 0,
  promisc: 0,
  // Broadcom / ASUS
  wlc_auth: WIFI | JOIN,
  wlc_assoc: WIFI | CONNECT | JOIN,
  wlc_deauth: WIFI | DISCONNECT,
  wlc_disassoc: WIFI | DISCONNECT | DISASSOCIATION,
  roamast: WIFI,
  bsd_steer: WIFI,
  qca_wifi_log: WIFI,
  wps_asus_fw: 0,
  // DHCP, DNS, system
  dhcp_discover: JOIN,
  dhcp_offer: 0,
  dhcp_request: JOIN,
  dhcp_ack: JOIN,
  dhcp_nak: 0,
  dhcp_exhausted: 0,
  dhcp_other: 0,
  dns: 0,
  netifd: 0,
  boot: 0,
  reboot: 0,
  login_fail: 0,
} as const satisfies Record<string, number>;

export type EventClassName = keyof typeof GROUPS_BY_CLASS;

/** Index into {@link EVENT_CLASSES}; 0 = other. */
export type EventClassId = number;

export const EVENT_CLASSES = Object.keys(GROUPS_BY_CLASS) as readonly EventClassName[];

const ID_BY_CLASS = new Map<string, EventClassId>(EVENT_CLASSES.map((name, id) => [name, id]));

/** @throws RangeError for a name that is no event class (a mistake in a rule table, never in the input) */
export function eventClassId(name: EventClassName): EventClassId {
  const id = ID_BY_CLASS.get(name);
  if (id === undefined) throw new RangeError(`No event class "${name}".`);
  return id;
}

const GROUPS = Int32Array.from(EVENT_CLASSES, (name) => GROUPS_BY_CLASS[name]);
const WLC_AUTH = eventClassId('wlc_auth');
const WLC_ASSOC = eventClassId('wlc_assoc');
/** IEEE 802.11 reason code 15, 4WAY_HANDSHAKE_TIMEOUT: on ASUS routers the only trace of a wrong passphrase. */
export const REASON_HANDSHAKE_TIMEOUT = 15;

/**
 * Groups (bit set of the constants above) of one classified line. Class alone does not decide: wlceventd writes a
 * refused association with the wording of a good one and a status that is not 0.
 */
export function eventGroups(id: EventClassId, fields: { status: number; reason: number }): number {
  const groups = GROUPS[id];
  if ((groups & DISCONNECT) !== 0 && fields.reason === REASON_HANDSHAKE_TIMEOUT) return groups | AUTH_FAILURE;
  if ((id === WLC_AUTH || id === WLC_ASSOC) && fields.status > 0) return WIFI | AUTH_FAILURE;
  return groups;
}
