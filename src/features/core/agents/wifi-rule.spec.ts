import { describe, expect, it } from 'vitest';
import { oneWindow } from '../../../../test/support/agent-windows.js';

/** Windows of `agent-wifi` worked out by hand from the rules; what is not named is 0. */
const window = (...messages: string[]): Record<string, number> =>
  oneWindow(
    'agent-wifi',
    messages.map((message) => ['hostapd', message] as const),
  );

describe('agent-wifi', () => {
  it('counts messages, not matches, and minds the case', () => {
    expect(
      window(
        'wlan0: STA aa:bb:cc:dd:ee:01 authentication failure', // auth 1, MAC (ee:, 01)
        'wlan0: Authentication failure', // capital A: nothing
        'deauthentication after deauthentication', // one message
        'wlan0: STA x IEEE 802.11: deauthenticated', // another word
        'beacon lost, beacon found', // one message
        'wlan0: CTRL-EVENT-BEACON-LOSS', // capital letters: nothing
      ),
    ).toEqual({ lines: 6, auth_failures: 1, deauth_count: 1, beacon_count: 1, unique_mac_count: 1 });
  });

  it('takes the last two octets with the separator before them for the address', () => {
    expect(
      window(
        'STA AA:BB:CC:DD:EE:01', // (EE:, 01)
        'STA aa:bb:cc:dd:ee:01', // (ee:, 01): another case is another value
        'STA aa-bb-cc-dd-ee-01', // (ee-, 01): another separator too
        'STA 11:22:33:44:ee:01 to 11:22:33:44:55:66', // (ee:, 01) again, and (55:, 66): all matches count
        'STA aa:bb:cc:dd:ee-01', // (ee-, 01) again: separators may be mixed
        'STA 00:11:22:33:44', // five octets are none
        'STA 01:02:03:04:05:06:07:08:09:10:11:12', // (05:, 06), then from 07 on (11:, 12)
        'STA aabbccddee:ff', // no separators
      ),
    ).toEqual({ lines: 8, unique_mac_count: 6 });
  });

  it('takes the first SSID in single quotes of a message', () => {
    expect(
      window(
        "SME: Trying to authenticate (SSID='Home' freq=2412 MHz)", // Home
        "Trying to associate (SSID='Home' freq=2412 MHz)", // Home again
        "SSID='home'", // home
        'SSID="Cafe"', // double quotes: none
        "SSID=''", // empty: none
        "SSID='' then SSID='C'", // the empty one is no match: C
        "BSSID='x'", // contains SSID='x'
        "SSID='A' SSID='B'", // A; B is the second match
      ),
    ).toEqual({ lines: 8, unique_ssid_count: 5 });
  });

  it('counts the first reason of a message when its text is 1 to 17', () => {
    expect(
      window(
        'CTRL-EVENT-DISCONNECTED reason=3 reason=7', // 3
        'reason=CONN_FAILED reason=15', // the first match is 15
        'reason=17', // 17
        'reason=18', // not counted
        'reason=03', // the text is 03
        'reason=1', // 1
        'x_reason=2', // 2
        'reason=30 reason=3', // the first is 30
        'reason: 4', // no match
        'Reason=5', // no match
        'reason=٣ reason=3', // Python's \d takes the Arabic three; its text is not 3
      ),
    ).toEqual({
      lines: 11,
      reason_code_1: 1,
      reason_code_2: 1,
      reason_code_3: 1,
      reason_code_15: 1,
      reason_code_17: 1,
    });
  });

  it('counts x_status= and not status_code=', () => {
    expect(
      window(
        'x_status=5', // 5
        'CTRL-EVENT-AUTH-REJECT auth_type=3 status_code=1', // no match
        'status_code=1 status=2', // 2
        'CTRL-EVENT-SUBNET-STATUS-UPDATE status=0', // 0 is not counted
        'status=12x', // 12
        'status=1.5', // 1
        'status=2', // 2 again
        'reason=6 status=6', // both
      ),
    ).toEqual({
      lines: 8,
      reason_code_6: 1,
      status_code_1: 1,
      status_code_2: 2,
      status_code_5: 1,
      status_code_6: 1,
      status_code_12: 1,
    });
  });

  it('reads programs whose name contains one of its own, in any case, on all devices, repeats included', () => {
    const message = 'deauthentication';
    expect(
      oneWindow('agent-wifi', [
        ['HOSTAPD', message, 'ap-1'],
        ['hostapd_s', message, 'ap-2'],
        ['my-wpa_supplicant-2', message, 'ap-3'],
        ['hostapd', message, 'ap-1'],
        ['hostapd', message, 'ap-1'],
        ['kernel', message],
        ['wlceventd', message],
        ['', message],
      ]),
    ).toEqual({ lines: 5, deauth_count: 5 });
  });

  it('takes empty windows and lines that say nothing for zeros', () => {
    expect(oneWindow('agent-wifi', [['kernel', 'reason=3']])).toEqual({ lines: 0 });
    expect(window('', 'wlan0: AP-ENABLED ')).toEqual({ lines: 2 });
  });
});
