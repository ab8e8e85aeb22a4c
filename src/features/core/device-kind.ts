import { CONNECTION_TYPES, DEVICE_TYPES } from './feature-catalogue.js';

const ASUS = 1;
const OPENWRT = 2;
const HOSTAPD = 4;
const DNSMASQ = 8;
const CLIENT = 16;

/** Parts of a lower-case program name that tell what a device is. */
const TELLING_PROGRAMS: readonly (readonly [string, number])[] = [
  ['wlceventd', ASUS],
  ['acsd', ASUS],
  ['roamast', ASUS],
  ['watchdog', ASUS],
  ['netifd', OPENWRT],
  ['odhcpd', OPENWRT],
  ['procd', OPENWRT],
  ['hostapd', HOSTAPD],
  ['dnsmasq', DNSMASQ],
  ['wpa_supplicant', CLIENT],
  ['networkmanager', CLIENT],
  ['iwd', CLIENT],
];

/** Bits a program adds to what is known of its device. */
export function programBits(program: string): number {
  const name = program.toLowerCase();
  let bits = 0;
  for (const [part, bit] of TELLING_PROGRAMS) if (name.includes(part)) bits |= bit;
  return bits;
}

/** Code of the feature `device_type` for the bits of all programs a device has shown. */
export function deviceType(bits: number): number {
  if ((bits & ASUS) !== 0) return DEVICE_TYPES.asus;
  if ((bits & OPENWRT) !== 0 || (bits & (HOSTAPD | DNSMASQ)) === (HOSTAPD | DNSMASQ))
    return DEVICE_TYPES.openwrt;
  if ((bits & HOSTAPD) !== 0) return DEVICE_TYPES.access_point;
  return (bits & CLIENT) !== 0 ? DEVICE_TYPES.client : DEVICE_TYPES.unknown;
}

const BAND_2 = 1;
const BAND_5 = 2;
const BAND_6 = 4;

/** Bit of the radio band of a frequency in MHz; 0 for something that is no WiFi frequency. */
export function bandBit(mhz: number): number {
  if (mhz < 2000 || mhz > 7200) return 0;
  if (mhz < 3000) return BAND_2;
  return mhz < 5925 ? BAND_5 : BAND_6;
}

/** Code of the feature `connection_type` for the bands of a window. */
export function connectionType(bands: number): number {
  switch (bands) {
    case 0:
      return CONNECTION_TYPES.unknown;
    case BAND_2:
      return CONNECTION_TYPES['2.4ghz'];
    case BAND_5:
      return CONNECTION_TYPES['5ghz'];
    case BAND_6:
      return CONNECTION_TYPES['6ghz'];
    default:
      return CONNECTION_TYPES.mixed;
  }
}
