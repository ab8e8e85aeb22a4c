import { createRng, nextBelow, nextFloat, type RngState } from '../../shared/rng.js';

export type SampleDeviceKind = 'openwrt' | 'asus' | 'client';

/** A station (for an access point) or a network (for a client device). */
export interface SampleStation {
  readonly mac: string;
  readonly ip: string;
  readonly name: string;
  readonly aid: number;
  readonly iface: string;
  /** Usual signal strength, dBm. */
  readonly rssi: number;
  online: boolean;
}

export interface SampleDevice {
  readonly id: number;
  readonly kind: SampleDeviceKind;
  readonly host: string;
  /** What the exporter writes into device_ip: an address, or the host name on ASUS routers. */
  readonly deviceIp: string;
  /** Lines of this device relative to the others. */
  readonly rate: number;
  readonly stations: SampleStation[];
  readonly ssid: string;
}

const KINDS: readonly SampleDeviceKind[] = ['openwrt', 'asus', 'openwrt', 'client'];
const THINGS = ['phone', 'laptop', 'tablet', 'tv', 'printer', 'plug', 'speaker', 'camera'] as const;
const IFACES: Readonly<Record<SampleDeviceKind, readonly string[]>> = {
  openwrt: ['phy0-ap0', 'phy1-ap0'],
  asus: ['eth5', 'eth6'],
  client: ['wlan0'],
};
const STATIONS: Readonly<Record<SampleDeviceKind, number>> = { openwrt: 16, asus: 12, client: 3 };
const RATES: Readonly<Record<SampleDeviceKind, number>> = { openwrt: 1.2, asus: 0.9, client: 0.7 };
/** Streams of the seed: the devices use the first ones, the time slices those from 1,000 on. */
const DEVICE_STREAM = 1;

/** A MAC address in lower case; about half of the stations use a random one (locally administered bit set). */
function randomMac(rng: RngState): string {
  const first = (nextBelow(rng, 64) << 2) | (nextFloat(rng) < 0.45 ? 2 : 0);
  const bytes = [first, ...Array.from({ length: 5 }, () => nextBelow(rng, 256))];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** A MAC address in the case a device of this kind logs it. */
export function newMac(rng: RngState, kind: SampleDeviceKind): string {
  const mac = randomMac(rng);
  return kind === 'asus' ? mac.toUpperCase() : mac;
}

/** The devices of a sample: kinds in turn, each with its own stations. */
export function createSampleDevices(count: number, seed: number): SampleDevice[] {
  return Array.from({ length: count }, (_, index) => {
    const rng = createRng(seed, DEVICE_STREAM + index);
    const kind = KINDS[index % KINDS.length];
    const id = index + 1;
    const stationCount = STATIONS[kind] + (kind === 'client' ? 0 : nextBelow(rng, 6));
    const host =
      kind === 'openwrt' ? `OpenWrt-${id}` : kind === 'asus' ? `RT-AX58U-${1000 + id}` : `workstation-${id}`;
    return {
      id,
      kind,
      host,
      deviceIp: kind === 'asus' ? host : `192.168.10.${10 + id}`,
      rate: RATES[kind] * (0.8 + 0.4 * nextFloat(rng)),
      ssid: `Home-${String.fromCharCode(65 + nextBelow(rng, 26))}${id}`,
      stations: Array.from({ length: stationCount }, (_, station) => ({
        mac: newMac(rng, kind),
        ip: `192.168.${id}.${20 + station}`,
        name: `${THINGS[nextBelow(rng, THINGS.length)]}-${station}`,
        aid: station + 1,
        iface: IFACES[kind][nextBelow(rng, IFACES[kind].length)],
        rssi: -50 - nextBelow(rng, 26),
        online: nextFloat(rng) < 0.6,
      })),
    };
  });
}
