import type { DeploymentStore } from '../stores/deployment-store.js';

/** One version, ready to be delivered. */
export interface Delivery {
  readonly modelName: string;
  readonly version: string;
  /** Every file of the version directory. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Seed 004's metadata of the flat layout. */
  readonly agentMetadata: Uint8Array;
  /** Builds `model_<version>_deployment.zip`; called only by the layout that needs it. */
  readonly buildPackage: () => Promise<Uint8Array>;
}

/** A shape of delivery. `prepare` copies and proves and may be repeated; only `activate` changes what readers get. */
export interface DeploymentLayout {
  readonly name: 'symlink' | 'versioned' | 'package';
  prepare(store: DeploymentStore, delivery: Delivery): Promise<void>;
  activate(store: DeploymentStore, modelName: string, version: string): Promise<void>;
  /** The version was delivered to this store: activating it would not lead readers to nothing. */
  holds(store: DeploymentStore, modelName: string, version: string): Promise<boolean>;
  /** null = nothing was activated there yet. */
  activeVersion(store: DeploymentStore, modelName: string): Promise<string | null>;
}
