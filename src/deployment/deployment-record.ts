/** One attempt, without the text of its error: that names paths of this machine. */
export interface DeploymentRecord {
  readonly id: string;
  readonly target: string;
  readonly layout: string;
  readonly action: 'deploy' | 'rollback';
  readonly status: 'started' | 'active' | 'failed';
  readonly previous_version: string | null;
  readonly actor: string;
  readonly started_at: string;
  readonly finished_at: string | null;
}
