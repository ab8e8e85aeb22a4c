import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aggregate,
  type AgentLine,
  FIVE_MINUTES,
  logRecord,
  T0,
} from '../../../../test/support/agent-windows.js';
import { featureSet } from '../feature-sets.js';

const SETS = ['agent-wifi', 'agent-generic', 'agent-dns', 'agent-firewall'];
const numbered = (key: string): string[] => Array.from({ length: 17 }, (_, i) => `${key}_code_${i + 1}`);

describe('agent feature sets', () => {
  it('have the columns of the agents, in their order', () => {
    const names = (set: string): string[] => featureSet(set).features.map(({ name }) => name);
    expect(names('agent-wifi')).toEqual([
      ...['auth_failures', 'deauth_count', 'beacon_count', 'unique_mac_count', 'unique_ssid_count'],
      ...numbered('reason'),
      ...numbered('status'),
    ]);
    expect(names('agent-wifi')).toHaveLength(39);
    expect(names('agent-generic')).toEqual([
      ...['log_count', 'error_count', 'warning_count', 'unique_program_count', 'unique_host_count'],
    ]);
    expect(names('agent-dns')).toEqual([
      ...['query_count', 'response_count', 'error_count', 'unique_domain_count', 'avg_response_time'],
      ...['a', 'aaaa', 'mx', 'cname', 'txt', 'ns', 'ptr', 'soa'].map((type) => `query_type_${type}`),
    ]);
    expect(names('agent-firewall')).toEqual([
      ...['blocked_connections', 'allowed_connections', 'unique_ip_count', 'unique_port_count'],
      ...['tcp', 'udp', 'icmp', 'http', 'https', 'ftp', 'ssh'].map((name) => `protocol_${name}`),
    ]);
  });

  it.each(SETS)('%s pools the devices, takes raw values and counts something that is not rare', (name) => {
    const { pooled, preprocessing, features } = featureSet(name);
    expect([pooled, preprocessing]).toEqual([true, 'identity']);
    expect(features.some(({ rareEvent }) => !rareEvent)).toBe(true);
    expect(features.every(({ missing }) => missing === 'zero')).toBe(true);
  });

  it.each([900, 60])('refuse windows of %d s, which are not the agents’', (lengthSeconds) => {
    const config = { ...FIVE_MINUTES, lengthSeconds, strideSeconds: 60 };
    expect(() => aggregate('agent-dns', [], config)).toThrowError(
      `features.window.length is ${lengthSeconds}, but the feature set "agent-dns" counts over 300 seconds`,
    );
  });
});

describe('windows of an agent', () => {
  const lines: [number, AgentLine][] = [
    [0, ['hostapd', 'STA aa:bb:cc:dd:ee:01 deauthentication', 'ap-1']],
    [299.999, ['hostapd', 'STA aa:bb:cc:dd:ee:01 beacon', 'ap-2']],
    [300, ['hostapd', 'STA aa:bb:cc:dd:ee:01', 'ap-1']],
    [700, ['cron', 'deauthentication', 'ap-3']],
    [900, ['kernel', 'end', 'ap-1']],
  ];
  const records = lines.map(([second, line]) => logRecord(T0 + second * 1000, line));

  it('lie on the complete grid of all lines, and the lines are those the agent sees', () => {
    for (const groupBy of ['all', 'device'] as const) {
      const table = aggregate('agent-wifi', records, { ...FIVE_MINUTES, groupBy });
      expect(table.devices).toEqual(['*']);
      expect([...table.startMs]).toEqual([T0, T0 + 300_000, T0 + 600_000]);
      expect([...table.deviceIndex]).toEqual([0, 0, 0]);
      expect([...table.logCount]).toEqual([2, 1, 0]);
      const macs = [0, 1, 2].map((row) => table.values[row * 39 + 3]);
      expect(macs).toEqual([1, 1, 0]); // the same address counts once in each window
      expect([...table.values.subarray(78)]).toEqual(new Array(39).fill(0));
    }
    expect(aggregate('agent-wifi', []).devices).toEqual([]);
  });

  it('overlap when the stride is shorter, as the agents look back every minute', () => {
    const table = aggregate('agent-wifi', records, { ...FIVE_MINUTES, strideSeconds: 60 });
    expect([...table.logCount]).toEqual([2, 2, 2, 2, 2, 1, 0, 0, 0, 0, 0]);
    // deauthentication at 0 s is in the first window only
    expect(Array.from({ length: 4 }, (_, row) => table.values[row * 39 + 1])).toEqual([1, 0, 0, 0]);
  });

  it('are refused above the limit', () => {
    const busy = Array.from({ length: 60 }, (_, i) => logRecord(T0 + i * 300_000, ['hostapd', 'x']));
    expect(() => aggregate('agent-generic', busy, { ...FIVE_MINUTES, maxWindows: 40 })).toThrowError(
      /more than 40 windows/,
    );
    const far = [0, 300_000 * 100].map((ms) => logRecord(T0 + ms, ['cron', 'x']));
    expect(() => aggregate('agent-generic', far, { ...FIVE_MINUTES, maxWindows: 40 })).toThrowError(
      /at least 100/,
    );
  });

  it('do not depend on the order of the lines', () => {
    const texts: AgentLine[] = [
      ['hostapd', "STA aa:bb:cc:dd:ee:01 SSID='a' reason=3"],
      ['wpa_supplicant', "STA AA:BB:CC:DD:EE:01 SSID='b' status=4 failed"],
      ['dnsmasq', 'answer in 0.1 ms'],
      ['named', 'response 0.7 ms, error'],
      ['named', 'answer 1234567.3 ms'],
      ['dnsmasq', 'query a.example.com'],
      ['ufw', 'blocked 10.0.0.1:22'],
      ['iptables', 'accept 10.0.0.2:22'],
    ];
    const line = fc.tuple(fc.integer({ min: 0, max: 1_500_000 }), fc.nat(texts.length - 1));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 80 }), fc.constantFrom(60, 300), (drawn, strideSeconds) => {
        const input = drawn.map(([ms, index]) => logRecord(T0 + ms, texts[index]));
        const sorted = [...input].sort((a, b) => a.timestampMs - b.timestampMs);
        for (const set of SETS) {
          const config = { ...FIVE_MINUTES, strideSeconds };
          const expected = aggregate(set, sorted, config);
          expect(aggregate(set, input, config)).toEqual(expected);
          expect(aggregate(set, [...sorted].reverse(), config)).toEqual(expected);
        }
      }),
      { seed: 5, numRuns: 40 },
    );
  });
});
