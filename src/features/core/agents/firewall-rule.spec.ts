import { describe, expect, it } from 'vitest';
import { oneWindow } from '../../../../test/support/agent-windows.js';

/** Windows of `agent-firewall` worked out by hand from the rules; what is not named is 0. */
const window = (...messages: string[]): Record<string, number> =>
  oneWindow(
    'agent-firewall',
    messages.map((message) => ['ufw', message] as const),
  );

describe('agent-firewall', () => {
  it('asks for blocked first, then for allowed', () => {
    expect(
      window(
        '[UFW BLOCKED] IN=eth0 SRC=10.0.0.1 DST=10.0.0.2 DPT=443', // blocked; two addresses; DPT= is no port
        'denied, not allowed', // blocked
        'packet dropped', // blocked: contains "drop"
        'ACCEPT 10.0.0.1:443', // allowed; the address again; port 443
        'reject', // neither
      ),
    ).toEqual({
      lines: 5,
      blocked_connections: 3,
      allowed_connections: 1,
      unique_ip_count: 2,
      unique_port_count: 1,
    });
  });

  it('counts addresses as texts, whatever their numbers', () => {
    expect(
      window(
        'src 10.0.0.1 dst 10.0.0.1', // 10.0.0.1
        'src 010.0.0.1', // another text
        'src 999.1.1.1', // three digits are enough
        'version 1.2.3.4.5', // 1.2.3.4: a point ends a word
        'v1.2.3.4', // v and 1 are one word; what is left has three parts
        '1234.1.1.1', // four digits
        '1.1.1.1234', // four digits
        '1.1.1.1_', // the underscore belongs to the word
      ),
    ).toEqual({ lines: 8, unique_ip_count: 4 });
  });

  it('takes every number of up to five digits after a colon for a port', () => {
    expect(
      window(
        'to :443', // 443
        'to 10.0.0.1:443', // 443 again; an address
        'to :0443', // another text
        'to :70000', // five digits
        'to :123456', // six
        'to :80a', // no end of a word
        'at 12:34:56', // 34 and 56
        'to [::1]:22', // 1 and 22
      ),
    ).toEqual({ lines: 8, unique_ip_count: 1, unique_port_count: 7 });
  });

  it('counts what is allowed in any case', () => {
    expect(window('Allowed', 'ACCEPTED', 'accept and deny', 'deny')).toEqual({
      lines: 4,
      allowed_connections: 3,
    });
  });

  it('never counts a protocol: the pattern is upper-case, the text is not', () => {
    expect(window('TCP UDP ICMP HTTP HTTPS FTP SSH', 'proto tcp')).toEqual({ lines: 2 });
  });

  it('reads its programs by part of the name, and not the kernel', () => {
    expect(
      oneWindow('agent-firewall', [
        ['UFW', 'blocked'],
        ['iptables', 'blocked'],
        ['iptables-restore', 'blocked'],
        ['firewalld', 'blocked'],
        ['kernel', '[UFW BLOCK] IN=eth0'],
      ]),
    ).toEqual({ lines: 4, blocked_connections: 4 });
  });
});
