/**
 * What must hold beside a needle. Plain conditions instead of regular expressions, because the compiled classifier
 * evaluates the same rows on bytes.
 */
export interface RuleConditions {
  /** One of these occurs in the message, anywhere. */
  readonly also?: readonly string[];
  /** What stands right behind the needle: an address (also a masked one), or a capital letter. */
  readonly next?: 'address' | 'capital';
  /**
   * Where the needle stands. `start`: at the beginning, or behind the number and client that dnsmasq writes in front
   * (`12 reply`, `12 10.0.0.1/53 reply`). `end`: nothing but white space follows. `interface`: as `end`, and in front
   * of it the name of an interface and nothing else (behind the kernel's clock or name).
   */
  readonly place?: 'start' | 'end' | 'interface';
  /** The character in front of the needle is not this one. */
  readonly notAfter?: string;
}

/** Whether a needle that was found first at `at` counts. */
export function conditionsHold(when: RuleConditions, message: string, needle: string, at: number): boolean {
  const { also, next, place, notAfter } = when;
  if (notAfter !== undefined && at > 0 && message[at - 1] === notAfter) return false;
  if (next !== undefined && !nextHolds(next, message, at + needle.length)) return false;
  if (place !== undefined && !placeHolds(place, message, needle, at)) return false;
  return also === undefined || also.some((text) => message.includes(text));
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
export const isCapital = (code: number): boolean => code >= 65 && code <= 90;

/** A digit of an address as written, or one of the characters it is masked with: `x`, `X`, `*`. */
const isAddressDigit = (code: number): boolean =>
  isDigit(code) ||
  (code >= 65 && code <= 70) ||
  (code >= 97 && code <= 102) ||
  code === 120 ||
  code === 88 ||
  code === 42;

function nextHolds(next: 'address' | 'capital', message: string, at: number): boolean {
  if (next === 'capital') return isCapital(message.charCodeAt(at));
  return (
    isAddressDigit(message.charCodeAt(at)) &&
    isAddressDigit(message.charCodeAt(at + 1)) &&
    message.charCodeAt(at + 2) === 58
  );
}

function placeHolds(
  place: 'start' | 'end' | 'interface',
  message: string,
  needle: string,
  at: number,
): boolean {
  if (place === 'start') return isStart(message, at);
  const from = trimmedLength(message) - needle.length;
  if (from < 0 || !message.startsWith(needle, from)) return false;
  return place === 'end' || followsInterface(message, from);
}

function isStart(message: string, at: number): boolean {
  let from = 0;
  while (from < at && isDigit(message.charCodeAt(from))) from++;
  if (at === 0 || from === 0) return at === 0;
  // The space behind the number, and the one behind the word that may follow it.
  const first = message.indexOf(' ', from);
  if (first !== from || first >= at) return false;
  if (first === at - 1) return true;
  const second = message.indexOf(' ', first + 1);
  return second === at - 1 && second > first + 1;
}

/** Length without the ASCII white space at the end. */
function trimmedLength(message: string): number {
  let length = message.length;
  while (length > 0) {
    const code = message.charCodeAt(length - 1);
    if (code !== 32 && (code < 9 || code > 13)) break;
    length--;
  }
  return length;
}

/** Whether [0, at) is `<name>`, or ends in `] <name>` or `kernel: <name>`. */
function followsInterface(message: string, at: number): boolean {
  let from = at;
  while (from > 0 && isNameCharacter(message.charCodeAt(from - 1))) from--;
  if (from === at) return false;
  return from === 0 || message.endsWith('] ', from) || message.endsWith('kernel: ', from);
}

const isNameCharacter = (code: number): boolean =>
  isDigit(code) ||
  isCapital(code) ||
  (code >= 97 && code <= 122) ||
  code === 95 ||
  code === 45 ||
  code === 46;
