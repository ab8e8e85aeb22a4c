import type { FeatureName } from './feature-catalogue.js';

/** What a device did in a window and in its context; counts may be estimates (address-sample.ts). */
export interface ContextCell {
  /** Sums over the context. */
  readonly authFailures: number;
  readonly channels: number;
  readonly restarts: number;
  readonly exhausted: number;
  readonly oddLosses: number;
  /** Distinct addresses in the context. */
  readonly failedAddresses: number;
  readonly unansweredAddresses: number;
  /** Most associations of one address in the context. */
  readonly mostAssociations: number;
  /** Distinct addresses in the window that lost a link. */
  readonly lostAddresses: number;
  /** Clients ever seen, up to the end of the window. */
  readonly knownClients: number;
  readonly newClients: number;
  /** In the context: clients first seen, and of these the ones with a made-up address. */
  readonly contextNewClients: number;
  readonly contextNewLocalClients: number;
  readonly newAccessPoints: number;
  readonly silentMinutes: number;
  /** Lines of the window, and the median of the device at this hour; NaN = not known. */
  readonly lines: number;
  readonly usualLines: number;
  /** Readings in the context of clients whose usual signal is known, and by how many dB they were below it in all. */
  readonly signalReadings: number;
  readonly signalDrop: number;
}

export const CONTEXT_FORMULAS = {
  auth_fail_30m: ({ authFailures }) => authFailures,
  failing_macs_30m: ({ failedAddresses }) => failedAddresses,
  max_reconnects_per_mac_30m: ({ mostAssociations }) => mostAssociations,
  disconnected_macs: ({ lostAddresses }) => lostAddresses,
  disconnected_share: ({ lostAddresses, knownClients }) =>
    lostAddresses === 0 ? 0 : lostAddresses / Math.max(lostAddresses, knownClients),
  new_bssid_count: ({ newAccessPoints }) => newAccessPoints,
  new_mac_count: ({ newClients }) => newClients,
  new_random_mac_share_30m: ({ contextNewClients, contextNewLocalClients }) =>
    contextNewClients === 0 ? 0 : contextNewLocalClients / contextNewClients,
  channel_changes_30m: ({ channels }) => channels,
  boot_crash_30m: ({ restarts }) => restarts,
  silence_minutes: ({ silentMinutes }) => silentMinutes,
  dhcp_unanswered_30m: ({ unansweredAddresses, exhausted }) => unansweredAddresses + exhausted,
  abnormal_reason_30m: ({ oddLosses }) => oddLosses,
  log_rate_logratio: ({ lines, usualLines }) => Math.log((lines + 1) / (usualLines + 1)),
} satisfies Partial<Record<FeatureName, (cell: ContextCell) => number>>;

export type ContextFeature = keyof typeof CONTEXT_FORMULAS;

/** Whether a feature is made of what only sets with features of context collect. */
export const needsContext = (name: string): boolean =>
  name in CONTEXT_FORMULAS || name === 'disconnect_burst_10s';
