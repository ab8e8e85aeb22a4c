import { nextBelow, nextFloat, type RngState } from '../../shared/rng.js';
import { newMac, type SampleDevice, type SampleStation } from './sample-devices.js';

/** One line of an event: it comes `delayMs` after the event begins. */
export interface SampleLine {
  readonly delayMs: number;
  readonly program: string;
  readonly pid: number;
  /** Syslog facility times 8. */
  readonly facility: number;
  readonly level: number;
  readonly message: string;
}

export type SampleKind =
  | 'deauth_flood'
  | 'psk_bruteforce'
  | 'reboot_loop'
  | 'signal_degradation'
  | 'reconnect_storm'
  | 'log_silence'
  | 'scheduled_reboot';

const KERNEL = 0;
const USER = 8;
const DAEMON = 24;
const CRON = 72;
const [EMERGENCY, , , ERROR, WARNING, NOTICE, INFO] = [0, 1, 2, 3, 4, 5, 6];
const CLASS_3 = 'Class 3 frame received from nonassociated station (7)';
const LEFT = 'Disassociated because sending station is leaving (or has left) BSS (8)';

const line = (
  program: string,
  level: number,
  message: string,
  delayMs = 0,
  facility = DAEMON,
  pid = 0,
): SampleLine => ({ delayMs, program, pid, facility, level, message });

const hostapd = (station: SampleStation, text: string, level = INFO, delayMs = 0): SampleLine =>
  line('hostapd', level, `${station.iface}: STA ${station.mac} ${text}`, delayMs);
const hostapdEvent = (station: SampleStation, event: string, delayMs = 0, tail = ''): SampleLine =>
  line('hostapd', NOTICE, `${station.iface}: ${event} ${station.mac}${tail}`, delayMs);
const wlc = (station: SampleStation, event: string, rest: string, delayMs = 0): SampleLine => {
  // The number is a source line of the firmware, the same for each kind of event.
  const source = event === 'Auth' ? 499 : event.startsWith('De') ? 464 : event.startsWith('Dis') ? 481 : 527;
  const text = `wlceventd_proc_event(${source}): ${station.iface}: ${event} ${station.mac}, ${rest}`;
  return line('wlceventd', NOTICE, text, delayMs);
};
const supplicant = (text: string, level = NOTICE, delayMs = 0): SampleLine =>
  line('wpa_supplicant', level, `wlan0: ${text}`, delayMs, DAEMON, 812);

const pick = <T>(rng: RngState, items: readonly T[]): T => items[nextBelow(rng, items.length)];
const nearby = (rng: RngState, center: number, spread: number): number =>
  center - spread + nextBelow(rng, 2 * spread + 1);

function dhcp(device: SampleDevice, station: SampleStation, delayMs: number): SampleLine[] {
  const where = device.kind === 'asus' ? 'br0' : 'br-lan';
  const who = `${station.ip} ${station.mac.toLowerCase()}`;
  return [
    line('dnsmasq-dhcp', INFO, `DHCPREQUEST(${where}) ${who}`, delayMs, DAEMON, 2041),
    line('dnsmasq-dhcp', INFO, `DHCPACK(${where}) ${who} ${station.name}`, delayMs + 20, DAEMON, 2041),
  ];
}

function join(rng: RngState, device: SampleDevice, station: SampleStation): SampleLine[] {
  station.online = true;
  if (device.kind === 'asus') {
    const rssi = nearby(rng, station.rssi, 4);
    const event = nextFloat(rng) < 0.3 ? 'ReAssoc' : 'Assoc';
    return [
      wlc(station, 'Auth', 'status: Successful (0), rssi:0'),
      wlc(station, event, `status: Successful (0), rssi:${rssi}`, 15),
      ...dhcp(device, station, 400),
    ];
  }
  return [
    hostapd(station, 'IEEE 802.11: authenticated'),
    hostapd(station, `IEEE 802.11: associated (aid ${station.aid})`, INFO, 12),
    hostapdEvent(station, 'AP-STA-CONNECTED', 60, ' auth_alg=open'),
    hostapd(station, 'WPA: pairwise key handshake completed (RSN)', INFO, 70),
    hostapdEvent(station, 'EAPOL-4WAY-HS-COMPLETED', 80),
    ...dhcp(device, station, 300),
  ];
}

function leave(rng: RngState, device: SampleDevice, station: SampleStation): SampleLine[] {
  station.online = false;
  if (device.kind === 'asus') {
    const disassoc = wlc(station, 'Disassoc', `status: 0, reason: ${LEFT}, rssi:0`);
    // Some firmware reports the same departure twice, some adds a burst for frames that still arrive.
    const burst = nextFloat(rng) < 0.15 ? 2 + nextBelow(rng, 6) : 1;
    const echoes = Array.from({ length: burst }, (_, i) =>
      wlc(station, 'Deauth_ind', `status: 0, reason: ${CLASS_3}, rssi:0`, 30 + i * 8),
    );
    return [disassoc, ...echoes];
  }
  if (nextFloat(rng) < 0.5) {
    return [
      hostapdEvent(station, 'AP-STA-DISCONNECTED'),
      hostapd(station, 'IEEE 802.11: disassociated', INFO, 6),
    ];
  }
  return [
    hostapdEvent(station, 'AP-STA-DISCONNECTED'),
    hostapd(station, 'IEEE 802.11: disassociated due to inactivity', INFO, 5),
    hostapd(station, 'IEEE 802.11: deauthenticated due to inactivity (timer DEAUTH/REMOVE)', INFO, 1005),
  ];
}

function accessPointEvent(rng: RngState, device: SampleDevice): SampleLine[] {
  const station = pick(rng, device.stations);
  const draw = nextFloat(rng);
  if (draw < 0.5) return station.online ? leave(rng, device, station) : join(rng, device, station);
  if (draw < 0.7) return dhcp(device, station, 0);
  if (device.kind === 'asus') {
    if (draw < 0.85) return [line('acsd', NOTICE, 'acs_set_chspec: 0xe22a (44/80) for reason APCS_CSTIMER')];
    if (draw < 0.93) {
      const text = '[FAUPGRADE][auto_firmware_check:(6193)]retrieve firmware information';
      return [line('WATCHDOG', EMERGENCY, text, 0, USER)];
    }
    return [
      line('roamast', NOTICE, `${station.iface}: disconnect weak signal strength station [${station.mac}]`),
    ];
  }
  if (draw < 0.9) return [hostapd(station, 'WPA: group key handshake completed (RSN)')];
  if (draw < 0.91) return [hostapdEvent(station, 'AP-STA-POSSIBLE-PSK-MISMATCH')];
  if (draw < 0.96) return [line('crond', NOTICE, 'USER root pid 9120 cmd /usr/bin/check-uplink', 0, CRON)];
  return [line('netifd', NOTICE, `Network device '${station.iface}' link is up`)];
}

function clientEvent(rng: RngState, device: SampleDevice): SampleLine[] {
  const bssid = device.stations[0];
  const draw = nextFloat(rng);
  if (draw < 0.55) return [signalChange(rng, bssid.rssi)];
  if (draw < 0.8) return [supplicant(`WPA: Group rekeying completed with ${bssid.mac} [GTK=CCMP]`)];
  if (draw < 0.9)
    return [line('NetworkManager', INFO, '<info> dhcp4 (wlan0): state changed bound -> extended')];
  return connectClient(pick(rng, device.stations), device.ssid);
}

function signalChange(rng: RngState, center: number): SampleLine {
  const signal = nearby(rng, center, 4);
  const rate = Math.max(6500, 400_000 + (signal + 50) * 9000);
  return supplicant(
    `CTRL-EVENT-SIGNAL-CHANGE above=${signal > -70 ? 1 : 0} signal=${signal} noise=9999 txrate=${rate}`,
  );
}

function connectClient(access: SampleStation, ssid: string): SampleLine[] {
  return [
    supplicant(`SME: Trying to authenticate with ${access.mac} (SSID='${ssid}' freq=5180 MHz)`),
    line('kernel', INFO, `[51234.118] wlan0: authenticate with ${access.mac}`, 4, KERNEL),
    supplicant(`Associated with ${access.mac}`, NOTICE, 90),
    supplicant(`WPA: Key negotiation completed with ${access.mac} [PTK=CCMP GTK=CCMP]`, NOTICE, 160),
    supplicant(`CTRL-EVENT-CONNECTED - Connection to ${access.mac} completed [id=0 id_str=]`, NOTICE, 165),
  ];
}

/** One everyday event of a device. */
export function backgroundEvent(rng: RngState, device: SampleDevice): SampleLine[] {
  return device.kind === 'client' ? clientEvent(rng, device) : accessPointEvent(rng, device);
}

/** One event of an episode; the first stations of the device are the ones concerned. */
export function episodeEvent(rng: RngState, device: SampleDevice, kind: SampleKind): SampleLine[] {
  const victim = device.stations[nextBelow(rng, Math.min(4, device.stations.length))];
  const asus = device.kind === 'asus';
  switch (kind) {
    case 'deauth_flood':
      return asus
        ? [wlc(victim, 'Deauth_ind', `status: 0, reason: ${CLASS_3}, rssi:0`)]
        : [
            hostapdEvent(victim, 'AP-STA-DISCONNECTED'),
            hostapd(victim, 'IEEE 802.11: deauthenticated', INFO, 3),
          ];
    case 'psk_bruteforce': {
      const attacker = { ...victim, mac: newMac(rng, device.kind) };
      if (!asus) return [hostapdEvent(attacker, 'AP-STA-POSSIBLE-PSK-MISMATCH')];
      return [
        wlc(attacker, 'Assoc', 'status: Successful (0), rssi:-71'),
        wlc(attacker, 'Deauth_ind', 'status: 0, reason: 4-Way Handshake timeout (15), rssi:0', 4000),
      ];
    }
    case 'reconnect_storm':
      return [...leave(rng, device, device.stations[0]), ...join(rng, device, device.stations[0])];
    case 'signal_degradation':
      return weakSignal(rng, device);
    case 'reboot_loop':
    case 'scheduled_reboot':
      return boot(device);
    case 'log_silence':
      return [];
  }
}

function weakSignal(rng: RngState, device: SampleDevice): SampleLine[] {
  const access = device.stations[0];
  const draw = nextFloat(rng);
  if (draw < 0.7) return [signalChange(rng, -86)];
  if (draw < 0.9) return [supplicant('CTRL-EVENT-BEACON-LOSS ')];
  return [
    supplicant(`CTRL-EVENT-DISCONNECTED bssid=${access.mac} reason=4 locally_generated=1`),
    ...connectClient(access, device.ssid),
  ];
}

function boot(device: SampleDevice): SampleLine[] {
  const ifaces = [...new Set(device.stations.map(({ iface }) => iface))];
  return [
    line('kernel', NOTICE, '[    0.000000] Linux version 5.15.150', 0, KERNEL),
    line('kernel', INFO, '[    8.412077] device eth0 entered promiscuous mode', 900, KERNEL),
    line('kernel', WARNING, '[    9.001433] mtdblock: MTD device has no write support', 1100, KERNEL),
    line('netifd', NOTICE, "Interface 'lan' is now up", 3000),
    ...ifaces.flatMap((iface, i) => [
      line(
        'kernel',
        INFO,
        `[   12.2] br0: port ${i + 2}(${iface}) entered forwarding state`,
        5000 + i * 40,
        KERNEL,
      ),
      line('hostapd', NOTICE, `${iface}: interface state UNINITIALIZED->ENABLED`, 6000 + i * 50),
      line('hostapd', NOTICE, `${iface}: AP-ENABLED `, 6010 + i * 50),
    ]),
    line('dnsmasq', ERROR, 'failed to send packet: Network unreachable', 8000, DAEMON, 2041),
  ];
}
