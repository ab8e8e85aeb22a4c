/**
 * Programs that speak about the radio: hostapd and wpa_supplicant (Linux, OpenWrt), and the Broadcom daemons of ASUS
 * routers (association events, channel selection, roaming, band steering, 802.1X relay).
 */
export const WIFI_PROGRAMS: ReadonlySet<string> = new Set([
  'hostapd',
  'wpa_supplicant',
  'wlceventd',
  'acsd',
  'acsd2',
  'roamast',
  'bsd',
  'eapd',
  'nas',
]);

/** Whether a program name, in any case, is one of {@link WIFI_PROGRAMS}. */
export function isWifiProgram(program: string): boolean {
  return WIFI_PROGRAMS.has(program) || WIFI_PROGRAMS.has(program.toLowerCase());
}

/**
 * Whether a log line is a WiFi line. Besides the programs above, older ASUS firmware logs its association events
 * under the program name `syslog`.
 */
export function isWifiLine(program: string, message: string): boolean {
  if (program === 'syslog') return message.startsWith('WLCEVENTD') || message.startsWith('wlceventd');
  return isWifiProgram(program);
}
