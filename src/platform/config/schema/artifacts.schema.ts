import { Key } from './key.js';
import { flag, number, oneOf, orNull, text } from './rules.js';

/** `http(s)://host[:port]`: what is secret has keys of its own, and the bucket too. */
function isEndpoint(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(address);
  const isPlain = `${username}${password}${search}${hash}` === '' && pathname === '/';
  return ['http:', 'https:'].includes(protocol) && isPlain;
}

const SECRET = text('a text of printable characters without spaces', {
  max: 4096,
  pattern: /^[\x21-\x7e]+$/,
});

export class ArtifactsConfig {
  @Key(
    oneOf(['disk', 's3']),
    'Where the files of versions are kept: `disk` = in `storage.directory`, which every process must then see; `s3` = in a bucket, with `storage.directory` as a cache of this machine.',
  )
  kind: 'disk' | 's3' = 'disk';

  @Key(
    orNull(
      text('the name of a bucket (3 to 63 lower-case letters, digits, "." and "-")', {
        max: 63,
        pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      }),
    ),
    'Bucket of the kind `s3`. It must exist.',
  )
  bucket: string | null = null;

  @Key(
    text('a prefix such as mcp-training/ (letters, digits, "." "_" "-", each part ended by "/")', {
      max: 200,
      pattern: /^([A-Za-z0-9_][A-Za-z0-9._-]*\/)+$/,
    }),
    'Every key begins with this, so that a bucket can be shared. The database holds the rest of the key only.',
  )
  prefix = 'mcp-training/';

  @Key(
    orNull(
      text('an address such as https://minio:9000, without a path, name or password', {
        max: 1024,
        check: isEndpoint,
      }),
    ),
    'Server with the protocol of S3. null = Amazon S3 in `region`.',
  )
  endpoint: string | null = null;

  @Key(
    text('a region such as eu-central-1', { max: 64, pattern: /^[a-z0-9-]+$/ }),
    'Region of the bucket; it is part of every signature. Servers of your own usually take any.',
    { env: ['AWS_REGION'] },
  )
  region = 'us-east-1';

  @Key(
    flag(),
    'The bucket is a part of the path instead of the host name; most servers of your own want that.',
  )
  force_path_style = false;

  @Key(number(0, 3600, { above: true }), 'Longest time that one request may take, seconds.')
  timeout = 60;

  @Key(orNull(SECRET), 'Access key. Without the two keys the standard chain of the AWS SDK is asked.', {
    env: ['AWS_ACCESS_KEY_ID'],
    secret: true,
  })
  access_key_id: string | null = null;

  @Key(orNull(SECRET), 'Secret of the access key.', { env: ['AWS_SECRET_ACCESS_KEY'], secret: true })
  secret_access_key: string | null = null;

  @Key(orNull(SECRET), 'Session token of temporary keys.', { env: ['AWS_SESSION_TOKEN'], secret: true })
  session_token: string | null = null;
}
