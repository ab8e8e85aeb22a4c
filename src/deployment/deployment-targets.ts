import { readFileSync } from 'node:fs';
import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG } from '../platform/config/app-config.js';
import { targetDirectory } from '../platform/config/config-paths.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import type { DeploymentTarget } from '../platform/config/schema/deployment.schema.js';
import { sshAgentSocket } from '../platform/config/ssh-agent.js';
import { AppError } from '../shared/errors.js';
import type { DeploymentLayout } from './layouts/deployment-layout.js';
import { packageLayout } from './layouts/package-layout.js';
import { symlinkLayout } from './layouts/symlink-layout.js';
import { versionedLayout } from './layouts/versioned-layout.js';
import type { DeploymentStore } from './stores/deployment-store.js';
import { DirectoryStore } from './stores/directory-store.js';
import type { SftpOptions } from './stores/sftp-store.js';

export const DEFAULT_TARGET = 'default';
const SFTP_TIMEOUT_MS = 15_000;

/** Every layout there is; a new one is one file and one line here. */
const LAYOUTS: readonly DeploymentLayout[] = [symlinkLayout, versionedLayout, packageLayout];

export interface TargetInfo {
  readonly name: string;
  readonly type: DeploymentTarget['type'];
  readonly location: string;
  readonly layout: DeploymentLayout['name'];
}

export interface OpenTarget {
  readonly info: TargetInfo;
  readonly store: DeploymentStore;
  readonly layout: DeploymentLayout;
}

/** The named targets of the configuration, opened on demand. */
@Injectable()
export class DeploymentTargets {
  constructor(@Inject(APP_CONFIG) private readonly config: ResolvedConfig) {}

  names(): string[] {
    return Object.keys(this.config.values.deployment.targets);
  }

  info(name: string): TargetInfo {
    const target = this.settings(name);
    const directory = targetDirectory(this.config.values, name, this.config.paths.dataDir);
    const location =
      directory ?? `sftp://${target.username ?? ''}@${target.host ?? ''}:${target.port}/${target.directory}`;
    return { name, type: target.type, location, layout: target.layout };
  }

  async open(name: string): Promise<OpenTarget> {
    const info = this.info(name);
    const layout = LAYOUTS.find((known) => known.name === info.layout)!;
    if (info.type === 'directory') return { info, layout, store: new DirectoryStore(info.location) };
    const { openSftpStore } = await import('./stores/sftp-store.js');
    return { info, layout, store: await openSftpStore(this.sftpOptions(name)) };
  }

  private settings(name: string): DeploymentTarget {
    const { targets } = this.config.values.deployment;
    if (Object.hasOwn(targets, name)) return targets[name];
    throw new AppError('usage', `There is no deployment target "${name}".`, {
      hint: `Known targets: ${this.names().join(', ')}. Add one under deployment.targets in the configuration.`,
    });
  }

  private sftpOptions(name: string): SftpOptions {
    const {
      host,
      port,
      username,
      directory,
      host_key: hostKey,
      private_key_file: keyFile,
    } = this.settings(name);
    const agentSocket = sshAgentSocket();
    if (
      host === null ||
      username === null ||
      hostKey === null ||
      (keyFile === null && agentSocket === null)
    ) {
      throw new AppError(
        'config_invalid',
        `Target "${name}" is of type sftp and needs host, username, host_key, and private_key_file or an SSH agent.`,
        {
          hint: 'Set them under deployment.targets in the configuration; SSH_AUTH_SOCK names the agent.',
        },
      );
    }
    return {
      host,
      port,
      username,
      directory,
      hostKey,
      agentSocket,
      privateKey: keyFile === null ? null : readKey(keyFile, name),
      timeoutMs: SFTP_TIMEOUT_MS,
    };
  }
}

function readKey(file: string, target: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new AppError('config_invalid', `The private key file of target "${target}" cannot be read.`, {
      cause: error,
      hint: 'Check deployment.targets.*.private_key_file and its permissions.',
    });
  }
}
