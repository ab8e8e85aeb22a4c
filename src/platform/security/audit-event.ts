/** One event of the audit log, as people read it. */
export interface AuditEvent {
  readonly sequence: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  /** Kind of thing that changed, such as `model_version`. */
  readonly entity: string;
  readonly entity_id: string;
  readonly from: unknown;
  readonly to: unknown;
  readonly reason: string | null;
}

export interface AuditQuery {
  readonly limit: number;
  readonly entity?: string;
  readonly entityId?: string;
  readonly actor?: string;
  readonly action?: string;
  /** Moments, RFC 3339; `since` is included, `until` is not. */
  readonly since?: string;
  readonly until?: string;
  /** Only events before this sequence number. */
  readonly before?: number;
}

export interface AuditCheck {
  readonly events: number;
  readonly lastSequence: number;
  /** One sentence each; empty = nothing is missing. */
  readonly problems: readonly string[];
}
