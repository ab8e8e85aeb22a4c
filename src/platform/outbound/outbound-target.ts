import { isIP } from 'node:net';
import { AppError } from '../../shared/errors.js';

/** Where a call goes, taken apart once: nothing reads the text of the address again. */
export interface OutboundTarget {
  readonly isTls: boolean;
  /** Without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

const WEB_PORTS = [80, 443, 8080, 8443];
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const HEADER_VALUE = /^[\t\x20-\x7e]{0,8000}$/;
/** Said by the client itself. */
const OWN_HEADERS = ['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade'];

/**
 * @param isTrusted the operator has named this host in the configuration, so that any port may be meant
 * @throws AppError `validation_failed` for anything but a plain http or https address
 */
export function outboundTarget(text: string, isTrusted: (host: string) => boolean): OutboundTarget {
  if (/[\\\s\p{C}]/u.test(text) || /%0[0-9a-f]|%1[0-9a-f]|%7f/i.test(text))
    throw refused('holds characters that no address needs');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refused('is not an address');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refused('must begin with http:// or https://');
  if (url.username !== '' || url.password !== '' || text.includes('@'))
    throw refused('must not hold a name or a password');
  if (text.includes('#')) throw refused('must not hold a fragment');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isTls = url.protocol === 'https:';
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  if (!isTrusted(host) && !WEB_PORTS.includes(port))
    throw refused(`must have one of the ports ${WEB_PORTS.join(', ')}`);
  return { isTls, host, port, path: url.pathname + url.search };
}

/** @throws AppError `validation_failed` naming the header that could not be sent as it is */
export function checkedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  for (const [name, value] of Object.entries(headers)) {
    const isOwn = OWN_HEADERS.includes(name.toLowerCase());
    if (isOwn || !HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) {
      const problem = {
        pointer: name.replace(/[^\x21-\x7e]/g, '?').slice(0, 100),
        code: 'header',
        message: 'cannot be sent',
      };
      throw new AppError('validation_failed', 'A header of the call is not acceptable.', {
        problems: [problem],
      });
    }
  }
  return { ...headers };
}

export const isAddress = (host: string): boolean => isIP(host) !== 0;

export function refused(message: string): AppError {
  return new AppError('validation_failed', `The address to call ${message}.`, {
    problems: [{ pointer: 'url', code: 'address', message }],
  });
}
