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
/** Of the ended links, the line that every lost link has once, whoever ended it: an end is often logged twice or more. */
export const LINK_LOST = 128;
/** A client (re)associated. */
export const ASSOCIATION = 256;
/** The device or a radio of it started, stopped or crashed. */
export const RESTART = 1024;
export const DHCP_DISCOVER = 2048;
export const DHCP_ACK = 4096;
/** No address was left for a client. */
export const DHCP_EXHAUSTED = 8192;
/** The address is an access point that the device, as a client, tried to join. */
export const AP_CONTACT = 16384;
/** The address is a client of the device. */
export const CLIENT = 32768;
/** The client ended the link itself, or was dropped for good reasons. */
export const VOLUNTARY = 65536;
/** The client got on. */
export const JOINED = 131072;
export const RADAR = 262144;
/** Frames that somebody forged. */
export const FORGED = 524288;
/** A link at its limits. */
export const WEAK = 1048576;

const GROUPS_BY_CLASS = {
  other: 0,
  // hostapd
  auth: WIFI | JOIN | CLIENT,
  auth_debug: WIFI | CLIENT,
  assoc: WIFI | JOIN | ASSOCIATION | CLIENT,
  sta_connected: WIFI | CONNECT | JOIN | CLIENT | JOINED,
  sta_disconnected: WIFI | DISCONNECT | LINK_LOST | CLIENT,
  handshake_ok: WIFI | JOIN | CLIENT | JOINED,
  handshake_fail: WIFI | AUTH_FAILURE | CLIENT,
  psk_mismatch: WIFI | AUTH_FAILURE | CLIENT,
  group_rekey: WIFI,
  deauth: WIFI | DISCONNECT | CLIENT,
  deauth_local: WIFI | DISCONNECT | CLIENT | VOLUNTARY,
  deauth_inactivity: WIFI | DISCONNECT | CLIENT | VOLUNTARY,
  disassoc: WIFI | DISCONNECT | DISASSOCIATION | CLIENT | VOLUNTARY,
  disassoc_inactivity: WIFI | DISCONNECT | DISASSOCIATION | CLIENT | VOLUNTARY,
  mlme_debug: WIFI | CLIENT,
  no_ack: WIFI | CLIENT | WEAK,
  sta_driver_error: WIFI | CLIENT,
  unknown_ssid_assoc: WIFI | CLIENT,
  assoc_reject_local: WIFI | AUTH_FAILURE | CLIENT,
  mic_failure: WIFI | FORGED,
  unprot_beacon: WIFI | BEACON | FORGED,
  ocv_failure: WIFI | FORGED,
  sae_fail: WIFI | AUTH_FAILURE | CLIENT,
  radius_fail: WIFI,
  radius_acct: WIFI | CLIENT,
  dfs_radar: WIFI | RADAR,
  dfs_cac: WIFI,
  dfs_new_channel: WIFI,
  channel_switch: WIFI,
  acs: WIFI,
  acs_routine: WIFI,
  ap_disabled: WIFI | RESTART,
  ap_enabled: WIFI | RESTART,
  ap_state: WIFI,
  bss_tm: WIFI | CLIENT,
  beacon_report: WIFI | CLIENT,
  wps: WIFI,
  mesh: WIFI,
  // wpa_supplicant
  signal_change: WIFI,
  beacon_loss: WIFI | BEACON | WEAK,
  supp_auth_try: WIFI | JOIN | AP_CONTACT,
  supp_assoc_try: WIFI | JOIN | AP_CONTACT,
  supp_associated: WIFI | JOIN | ASSOCIATION | AP_CONTACT,
  key_negotiated: WIFI | JOIN,
  supp_connected: WIFI | CONNECT | JOIN | AP_CONTACT,
  supp_disconnected: WIFI | DISCONNECT | LINK_LOST,
  wrong_key: WIFI | AUTH_FAILURE,
  ssid_temp_disabled: WIFI,
  ssid_reenabled: WIFI,
  auth_reject: WIFI | AUTH_FAILURE,
  assoc_reject: WIFI | AUTH_FAILURE,
  auth_timeout: WIFI | AUTH_FAILURE,
  eap_failure: WIFI | AUTH_FAILURE | CLIENT,
  eap_ok: WIFI | CLIENT,
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
  k_auth: WIFI | JOIN | AP_CONTACT,
  k_authed: WIFI | JOIN,
  k_assoc: WIFI | JOIN | AP_CONTACT,
  k_assoc_rx: WIFI | JOIN | AP_CONTACT,
  k_associated: WIFI | CONNECT | JOIN,
  k_deauth_local: WIFI | DISCONNECT | VOLUNTARY,
  k_disassoc_local: WIFI | DISCONNECT | DISASSOCIATION | VOLUNTARY,
  k_deauth_rx: WIFI | DISCONNECT | LINK_LOST,
  k_disassoc_rx: WIFI | DISCONNECT | DISASSOCIATION | LINK_LOST,
  k_conn_lost: WIFI | DISCONNECT | LINK_LOST | WEAK,
  k_denied: WIFI | AUTH_FAILURE,
  fw_crash: WIFI | RESTART,
  driver_warn: 0,
  fw_load: 0,
  bridge_port: 0,
  link: 0,
  promisc: 0,
  // Broadcom / ASUS
  wlc_auth: WIFI | JOIN | CLIENT,
  wlc_assoc: WIFI | CONNECT | JOIN | ASSOCIATION | CLIENT | JOINED,
  wlc_deauth: WIFI | DISCONNECT | LINK_LOST | CLIENT,
  wlc_disassoc: WIFI | DISCONNECT | DISASSOCIATION | LINK_LOST | CLIENT,
  roamast: WIFI | CLIENT | WEAK,
  bsd_steer: WIFI | CLIENT,
  qca_wifi_log: WIFI,
  wps_asus_fw: 0,
  // DHCP, DNS, system
  dhcp_discover: JOIN | DHCP_DISCOVER | CLIENT,
  dhcp_offer: CLIENT,
  dhcp_request: JOIN | CLIENT,
  dhcp_ack: JOIN | DHCP_ACK | CLIENT | JOINED,
  dhcp_nak: CLIENT,
  dhcp_exhausted: DHCP_EXHAUSTED | CLIENT,
  dhcp_other: 0,
  dns: 0,
  netifd: 0,
  boot: RESTART,
  reboot: RESTART,
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
  if ((id === WLC_AUTH || id === WLC_ASSOC) && fields.status > 0) return WIFI | AUTH_FAILURE | CLIENT;
  return groups;
}
