import { Key } from './key.js';
import { flag, number, orNull, text } from './rules.js';

/** `http(s)://host[:port][/path]`: what is secret has keys of its own. */
function isServer(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, username, password, search, hash } = new URL(address);
  return ['http:', 'https:'].includes(protocol) && `${username}${password}${search}${hash}` === '';
}

const SECRET = text('a text of printable characters without spaces', {
  max: 4096,
  pattern: /^[\x21-\x7e]+$/,
});

export class MlflowConfig {
  @Key(
    orNull(
      text('an address such as http://mlflow:5000, without a name or password', {
        max: 1024,
        check: isServer,
      }),
    ),
    'MLflow server that every run is logged to when it has ended. Without it none is.',
    { env: ['MLFLOW_TRACKING_URI'] },
  )
  tracking_uri: string | null = null;

  @Key(text('a name', { max: 250 }), 'Experiment of the runs; made when it is missing.', {
    env: ['MLFLOW_EXPERIMENT_NAME'],
  })
  experiment = 'mcp-training';

  @Key(flag(), 'Also upload the files of the version.')
  artifacts = true;

  @Key(
    number(0, 600, { above: true }),
    'Longest time that logging one run may take, seconds. Whatever happens, the run stays as it is.',
  )
  timeout = 30;

  @Key(orNull(SECRET), 'Bearer token of the server.', { env: ['MLFLOW_TRACKING_TOKEN'], secret: true })
  token: string | null = null;

  @Key(orNull(SECRET), 'User name of the server, with `mlflow.password`.', {
    env: ['MLFLOW_TRACKING_USERNAME'],
    secret: true,
  })
  username: string | null = null;

  @Key(orNull(SECRET), 'Password of the server.', { env: ['MLFLOW_TRACKING_PASSWORD'], secret: true })
  password: string | null = null;
}
