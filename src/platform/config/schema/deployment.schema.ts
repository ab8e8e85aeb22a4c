import { Key, SectionMap } from './key.js';
import { directory, integer, oneOf, orNull, text } from './rules.js';

export type TargetLayout = 'symlink' | 'versioned' | 'package';

export class DeploymentTarget {
  @Key(oneOf(['directory', 'sftp']), 'A directory of this machine, or one reached over SFTP.')
  type: 'directory' | 'sftp' = 'directory';

  @Key(
    directory(),
    'Where models are delivered. A relative path is below the data directory (SFTP: as the server resolves it).',
  )
  directory = 'deployed';

  @Key(
    oneOf(['symlink', 'versioned', 'package']),
    'Shape of a delivery: flat files with an active link, a copy of the version directory, or one zip.',
  )
  layout: TargetLayout = 'symlink';

  @Key(
    orNull(text('a host name', { max: 253, pattern: /^[A-Za-z0-9.:_-]+$/ })),
    'SFTP server. Needed by the type `sftp`.',
  )
  host: string | null = null;

  @Key(integer(1, 65_535), 'SFTP port.')
  port = 22;

  @Key(orNull(text('a user name', { max: 64 })), 'SFTP user. Needed by the type `sftp`.')
  username: string | null = null;

  @Key(orNull(directory()), 'File with the private key; null = the SSH agent of SSH_AUTH_SOCK.')
  private_key_file: string | null = null;

  @Key(
    orNull(text('a fingerprint such as SHA256:...', { max: 128, pattern: /^SHA256:[A-Za-z0-9+/]{43}=?$/ })),
    'Fingerprint of the server. Needed by the type `sftp`.',
  )
  host_key: string | null = null;
}

export class DeploymentConfig {
  @SectionMap(
    DeploymentTarget,
    text('a target name of letters, digits, "_" and "-"', {
      max: 64,
      pattern: /^[A-Za-z0-9][A-Za-z0-9_-]*$/,
    }),
  )
  targets: Record<string, DeploymentTarget> = { default: new DeploymentTarget() };
}
