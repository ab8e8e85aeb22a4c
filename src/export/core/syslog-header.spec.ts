import { describe, expect, it } from 'vitest';
import { normaliseLevel } from './log-level.js';
import { parseSyslogHeader } from './syslog-header.js';
import { isWifiLine, isWifiProgram } from './wifi-programs.js';

describe('parseSyslogHeader', () => {
  it.each([
    // <29> = facility 3 (daemon), severity 5.
    ['<29>Jan 13 17:04:08 OpenWrt wpa_supplicant[1431]: wl1-sta0: x', 'wpa_supplicant', 5, 'OpenWrt', 12],
    ['<30>Jan 13 16:19:38 OpenWrt hostapd: wl0-ap0: STA x', 'hostapd', 6, 'OpenWrt', 12],
    ['<8>Jul  1 04:56:35 RT-AX3000-1234 WATCHDOG: [FAUPGRADE] x', 'WATCHDOG', 0, 'RT-AX3000-1234', 181],
    ['<13>Dec 31 23:59:59 wlceventd: wlceventd_proc_event(464): eth5: Auth', 'wlceventd', 5, '', 364],
    ['<6>Jun  9 08:00:00 fe80::1 kernel: [1.0] text', 'kernel', 6, 'fe80::1', 159],
    ['Jun  9 08:00:00 router dnsmasq-dhcp[77]: DHCPACK', 'dnsmasq-dhcp', -1, 'router', 159],
    ['<34>1 2003-10-11T22:14:15.003Z mymachine su - ID47 - BOM', 'su', 2, 'mymachine', 283],
    ['<191>no date here', '', 7, '', -1],
    ['<192>no such priority', null, -1, '', -1],
    ['plain text: nothing else', null, -1, '', -1],
  ])('reads %j', (raw, program, level, host, dayOfYear) => {
    expect(parseSyslogHeader(raw)).toEqual(program === null ? null : { program, level, host, dayOfYear });
  });

  it('stays fast on a line made to confuse it', () => {
    const hostile = `<29>Jan 13 17:04:08 ${'a '.repeat(100_000)}`;
    const started = performance.now();
    parseSyslogHeader(hostile);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('normaliseLevel', () => {
  it.each([
    ['emergency', 0],
    ['EMERGENCY', 0],
    ['emerg', 0],
    ['panic', 0],
    ['alert', 1],
    ['crit', 2],
    ['Err', 3],
    ['WARN', 4],
    ['warning', 4],
    ['notice', 5],
    ['informational', 6],
    [' info ', 6],
    ['debug', 7],
    ['6', 6],
    ['8', -1],
    ['UNKNOWN', -1],
    ['', -1],
  ])('maps %j to %i', (text, level) => {
    expect(normaliseLevel(text)).toBe(level);
  });
});

describe('WiFi programs', () => {
  it('are recognised in any case, and only by their whole name', () => {
    expect(isWifiProgram('hostapd')).toBe(true);
    expect(isWifiProgram('WLCEVENTD')).toBe(true);
    expect(isWifiProgram('hostapd-cli')).toBe(false);
    expect(isWifiProgram('')).toBe(false);
  });

  it('include the association events older ASUS firmware logs as syslog', () => {
    expect(isWifiLine('syslog', 'WLCEVENTD wlceventd_proc_event(420): eth6: Assoc')).toBe(true);
    expect(isWifiLine('syslog', 'started')).toBe(false);
  });
});
