import { describe, expect, it } from 'vitest';
import { oneWindow } from '../../../../test/support/agent-windows.js';

/** Windows of `agent-generic` worked out by hand from the rules; what is not named is 0. */
const window = (...messages: string[]): Record<string, number> =>
  oneWindow(
    'agent-generic',
    messages.map((message) => ['hostapd', message] as const),
  );

describe('agent-generic', () => {
  it('counts errors in any case', () => {
    expect(window('Error', 'CRITICAL and failed', 'authentication failed', 'all well')).toEqual({
      lines: 4,
      log_count: 4,
      error_count: 3,
    });
  });

  it('counts a warning only without an error', () => {
    expect(window('Warning', 'WARNING warning', 'warning: error', 'warn')).toEqual({
      lines: 4,
      log_count: 4,
      error_count: 1,
      warning_count: 2,
    });
  });

  it('looks for parts of words', () => {
    expect(window('errors', 'criticality', 'failure', 'fail', 'forewarnings')).toEqual({
      lines: 5,
      log_count: 5,
      error_count: 2,
      warning_count: 1,
    });
  });

  it('counts repeats', () => {
    expect(window('same', 'same', 'same')).toEqual({ lines: 3, log_count: 3 });
  });

  it('has no distinct programs and hosts: the rows of the consumer have neither key', () => {
    expect(
      oneWindow('agent-generic', [
        ['hostapd', 'x', 'ap-1'],
        ['wpa_supplicant', 'x', 'ap-2'],
      ]),
    ).toEqual({ lines: 2, log_count: 2 });
  });

  it('reads the programs of the WiFi agent only', () => {
    expect(
      oneWindow('agent-generic', [
        ['kernel', 'error'],
        ['dnsmasq', 'error'],
        ['Hostapd', 'error'],
      ]),
    ).toEqual({ lines: 1, log_count: 1, error_count: 1 });
    expect(oneWindow('agent-generic', [['kernel', 'error']])).toEqual({ lines: 0 });
  });
});
