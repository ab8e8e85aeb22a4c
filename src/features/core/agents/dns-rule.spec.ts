import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneWindow } from '../../../../test/support/agent-windows.js';
import { firstDomain } from './dns-rule.js';

/** Windows of `agent-dns` worked out by hand from the rules; what is not named is 0. */
const window = (...messages: string[]): Record<string, number> =>
  oneWindow(
    'agent-dns',
    messages.map((message) => ['dnsmasq', message] as const),
  );

describe('agent-dns', () => {
  it('asks for a query first, then a response, then an error', () => {
    expect(
      window(
        'query[A] example.com from 192.168.1.2', // query; example.com
        'Request for response, answer and error', // query ("request"); no domain
        'DHCPREQUEST(br-lan) 192.168.1.5 aa:bb', // query; an address is no domain
        'reply example.com is 198.18.0.1', // none of the words
        'answer with error and timeout', // response
        'lookup error', // error
      ),
    ).toEqual({ lines: 6, query_count: 3, response_count: 1, error_count: 1, unique_domain_count: 1 });
  });

  it('averages the first time of each response and leaves out zeros', () => {
    expect(
      window(
        'Response from upstream in 12.5 ms', // 12.5
        'answer error timeout 3ms', // 3
        'answer 0 ms', // left out
        'answer 0.0ms, again 9 ms', // the first is 0: left out, the second is not read
        'query response in 80 ms', // a query: not read
        'response after 7 MS', // lower-cased: 7
      ),
    ).toEqual({ lines: 6, query_count: 1, response_count: 5, avg_response_time: 7.5 }); // 22.5 / 3
  });

  it('reads a time as its pattern does', () => {
    expect(
      window(
        'answer in 1,250 ms', // 1 is followed by a comma: 250
        'answer in 1.2.3 ms', // 1.2 is followed by a point: 2.3
        'answer in 4\tmsec', // ms is all that is asked for: 4
        'answer in 30s', // none
      ),
    ).toEqual({ lines: 4, response_count: 4, avg_response_time: Math.fround(256.3 / 3) });
    expect(window('answer ٧ ms')).toMatchObject({ avg_response_time: 7 }); // a digit is a digit in Python
    expect(window(`answer ${'9'.repeat(400)} ms`)).toMatchObject({ avg_response_time: Math.fround(1e12) }); // not infinite
  });

  it('has no time when every one is 0', () => {
    expect(window('answer 0 ms', 'answer')).toEqual({ lines: 2, response_count: 2 });
  });

  it('counts errors in any case', () => {
    expect(window('FAILED to load', 'Error', 'Timeout waiting', 'SERVFAIL', 'all well')).toEqual({
      lines: 5,
      error_count: 3,
    });
  });

  it('takes the first domain of each query', () => {
    expect(
      window(
        'query WWW.Example.COM', // www.example.com
        'query www.example.com', // the same
        'query a.example.com and b.example.com', // a.example.com
        'query 10.0.0.1 host.lan', // host.lan: digits are no last label
        'query 1.2.in-addr.arpa', // 1.2.in-addr.arpa
        'query -bad.example.org', // bad.example.org: no label begins with a hyphen
        'query x.y1', // none: y1 begins with one letter only
        'query example.c', // none
        'query _dmarc.example.net', // dmarc.example.net
        'query foo.example.com1', // foo.example.com
        'query mail.example.1', // one label back: mail.example
        'answer z.example.com', // no query
      ),
    ).toEqual({ lines: 12, query_count: 11, response_count: 1, unique_domain_count: 8 });
  });

  it('never counts a query type: the pattern is upper-case, the text is not', () => {
    expect(window('query[AAAA] A MX CNAME TXT NS PTR SOA')).toEqual({ lines: 1, query_count: 1 });
  });

  it('reads its programs by part of the name', () => {
    expect(
      oneWindow('agent-dns', [
        ['named', 'query'],
        ['Systemd-Resolved', 'query'],
        ['dnsmasq-dhcp', 'query'],
        ['renamed-tool', 'query'], // contains "named"
        ['bind', 'query'],
        ['hostapd', 'query'],
      ]),
    ).toEqual({ lines: 4, query_count: 4 });
    // The consumer would send the generic columns for this one (no program is exactly "dnsmasq"); a row of this
    // set has the columns of this set.
    expect(oneWindow('agent-dns', [['dnsmasq-dhcp', 'DHCPREQUEST(br-lan)']])).toEqual({
      lines: 1,
      query_count: 1,
    });
  });
});

describe('firstDomain', () => {
  it('finds what the one pattern finds', () => {
    const pattern = /([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,}/;
    const pieces = ['a', 'bc', '1', '.', '.', '-', '_', ' ', 'x'.repeat(40), 'com'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 24 }), (parts) => {
        const text = parts.join('');
        expect(firstDomain(text)).toBe(pattern.exec(text)?.[0] ?? null);
      }),
      { seed: 11, numRuns: 3000 },
    );
  });

  it('needs linear time where the one pattern needs quadratic', () => {
    const started = performance.now();
    expect(firstDomain('a.'.repeat(500_000) + '1')).toBeNull();
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
