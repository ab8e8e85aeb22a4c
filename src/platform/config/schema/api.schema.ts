import { isIP } from 'node:net';
import { Key } from './key.js';
import { integer, listOf, orNull, text } from './rules.js';

const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;
const isHost = (host: string): boolean => isIP(host) !== 0 || HOST_NAME.test(host);

/** `scheme://host[:port]` and nothing after it; `*` is not an origin, because any page could then read answers. */
function isOrigin(origin: string): boolean {
  try {
    const url = new URL(origin);
    return ['http:', 'https:'].includes(url.protocol) && url.origin === origin;
  } catch {
    return false;
  }
}

/** Words that are no secret however long they are; compared in lower case. */
const isKey = (key: string): boolean =>
  !/change.?me|password|example|secret/i.test(key) && new Set(key).size >= 8;

export class ApiConfig {
  @Key(
    text('an IP address or a host name', { max: 253, check: isHost }),
    'Address to listen on. Anything but this machine itself needs an API key.',
  )
  host = '127.0.0.1';

  @Key(integer(0, 65_535), 'Port to listen on; 0 = any free port.')
  port = 8001;

  @Key(
    integer(0, 64),
    'Queued trainings that `serve` works on at a time, in its own process; 0 = none, they wait for a `worker`.',
  )
  workers = 1;

  @Key(
    orNull(
      text('a key of 16 to 256 characters that is not a word people guess', {
        max: 256,
        pattern: /^[\x21-\x7e]{16,}$/,
        check: isKey,
      }),
    ),
    'API key with all rights, for the first start and for containers. More keys are made with `api-key`.',
    { secret: true },
  )
  key: string | null = null;

  @Key(
    listOf(text('an IP address or a host name', { max: 253, check: isHost }), 100),
    'Names accepted in the Host header beside localhost, 127.0.0.1, [::1] and `api.host`.',
  )
  allowed_hosts: string[] = [];

  @Key(
    listOf(
      text('an origin such as https://host:8443 (no path; "*" is refused)', { max: 300, check: isOrigin }),
      100,
    ),
    'Web pages of other origins that may call the API. Empty = none.',
  )
  cors_origins: string[] = [];

  @Key(integer(1024, 104_857_600), 'Largest JSON request, bytes. Uploads have `storage.max_upload_bytes`.')
  max_body_bytes = 1_048_576;

  @Key(
    integer(0, 1_000_000),
    'Requests a minute for each key, or each address where no key is needed; a wrong key counts as ten. 0 = no limit.',
  )
  rate_limit = 6000;
}
