import { describe, expect, it } from 'vitest';
import { conditionsHold, type RuleConditions } from './event-conditions.js';

const holds = (when: RuleConditions, message: string, needle: string): boolean =>
  conditionsHold(when, message, needle, message.indexOf(needle));

describe('conditionsHold', () => {
  it('asks for one of several texts anywhere', () => {
    const when = { also: ['lost', 'gone'] };
    expect(holds(when, 'gone: the link', 'link')).toBe(true);
    expect(holds(when, 'the link is up', 'link')).toBe(false);
  });

  it('asks for an address, masked or not, directly behind the needle', () => {
    const when: RuleConditions = { next: 'address' };
    expect(holds(when, 'with 0a:1b', 'with ')).toBe(true);
    expect(holds(when, 'with XX:XX', 'with ')).toBe(true);
    expect(holds(when, 'with **:**', 'with ')).toBe(true);
    expect(holds(when, 'with 0g:1b', 'with ')).toBe(false);
    expect(holds(when, 'with 0a', 'with ')).toBe(false);
    expect(holds(when, 'with  0a:1b', 'with ')).toBe(false);
  });

  it('asks for a capital letter', () => {
    expect(holds({ next: 'capital' }, 'CTRL-EVENT-X', 'CTRL-EVENT-')).toBe(true);
    expect(holds({ next: 'capital' }, 'CTRL-EVENT-9', 'CTRL-EVENT-')).toBe(false);
    expect(holds({ next: 'capital' }, 'CTRL-EVENT-', 'CTRL-EVENT-')).toBe(false);
  });

  it('knows the beginning of a line, also behind the number and client that dnsmasq writes', () => {
    const start = (message: string): boolean => holds({ place: 'start' }, message, 'reply ');
    expect(['reply x', '12 reply x', '12 10.0.0.1/53 reply x'].map(start)).toEqual([true, true, true]);
    expect([' reply x', '12  reply x', 'a reply x', '12 a b reply x', '12reply x'].map(start)).toEqual(
      new Array<boolean>(5).fill(false),
    );
  });

  it('knows the end of a line, white space aside', () => {
    const end = (message: string): boolean => holds({ place: 'end' }, message, 'timeout');
    expect(['timeout', 'a timeout \t\r\n', 'timeout, timeout'].map(end)).toEqual([true, true, true]);
    expect(['timeout.', 'timeout\u00a0', 'timeouts'].map(end)).toEqual([false, false, false]);
  });

  it('knows an interface that is all there is in front', () => {
    const only = (message: string): boolean => holds({ place: 'interface' }, message, ': associated');
    expect(
      ['wl-0.1_a: associated', '[ 1.5] wlan0: associated', 'kernel: wlan0: associated '].map(only),
    ).toEqual([true, true, true]);
    expect(
      [
        ': associated',
        'the wlan0: associated',
        ' wlan0: associated',
        'wlan0: associated now',
        'é: associated',
      ].map(only),
    ).toEqual(new Array<boolean>(5).fill(false));
  });

  it('looks at the character in front', () => {
    expect(holds({ notAfter: '@' }, '@reboot', 'reboot')).toBe(false);
    expect(holds({ notAfter: '@' }, 'reboot', 'reboot')).toBe(true);
  });
});
