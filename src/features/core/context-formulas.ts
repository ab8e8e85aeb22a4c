import type { ContextWindows } from './context-windows.js';
import { EXHAUSTED_PLACE, FORCED_PLACE, NEW_ACCESS_POINTS_PLACE, SUMMED } from './context-windows.js';
import type { FeatureName } from './feature-catalogue.js';
import { AUTH_FAILURES, FORGERIES, RADARS, RESTARTS, WEAK_LINKS } from './window-slots.js';

/** What a device did in a window and in its context; counts of addresses may be estimates (address-sample.ts). */
export interface ContextCell {
  /** Sums over the context. */
  readonly sums: Pick<ContextWindows, 'sums' | 'decayed'>;
  /** Distinct addresses in the context. */
  readonly unansweredAddresses: number;
  /** Most associations of one address in the context, with falling weights. */
  readonly mostAssociations: number;
  /** Distinct addresses in the window that lost a link. */
  readonly lostAddresses: number;
  /** Clients that got on at least once, up to the end of the window. */
  readonly knownClients: number;
  readonly silenceSurprise: number;
  /** Lines of the window, and the median of the device at this hour; NaN = not known. */
  readonly lines: number;
  readonly usualLines: number;
  /** Weighted dB below the usual signal, and the sum of the squared weights. */
  readonly signalDrop: number;
  readonly signalWeight: number;
}

type Formula = (cell: ContextCell) => number;

/** Sum with weights that fall with the distance of the window. */
const decayed = (column: (typeof SUMMED)[number]): Formula => {
  const place = SUMMED.indexOf(column);
  return ({ sums }) => sums.decayed[place];
};

export const CONTEXT_FORMULAS = {
  max_reconnects_per_mac_30m: ({ mostAssociations }) => mostAssociations,
  forced_reconnects_30m: ({ sums }) => sums.decayed[FORCED_PLACE],
  lost_client_share: ({ lostAddresses, knownClients }) => lostAddresses / Math.max(1, knownClients),
  auth_fail_30m: decayed(AUTH_FAILURES),
  new_bssid_30m: ({ sums }) => sums.decayed[NEW_ACCESS_POINTS_PLACE],
  forged_frames_30m: decayed(FORGERIES),
  dhcp_unanswered_30m: ({ unansweredAddresses, sums }) => unansweredAddresses + sums.sums[EXHAUSTED_PLACE],
  radar_30m: decayed(RADARS),
  boot_crash_30m: decayed(RESTARTS),
  log_rate_logratio: ({ lines, usualLines }) => Math.log((lines + 1) / (usualLines + 1)),
  silence_surprise: ({ silenceSurprise }) => silenceSurprise,
  rssi_drop_30m: ({ signalDrop, signalWeight }) => signalDrop / Math.sqrt(Math.max(1, signalWeight)),
  weak_link_30m: decayed(WEAK_LINKS),
} satisfies Partial<Record<FeatureName, Formula>>;

export type ContextFeature = keyof typeof CONTEXT_FORMULAS;

/** Whether a feature is made of what only sets with features of context collect. */
export const needsContext = (name: string): boolean =>
  name in CONTEXT_FORMULAS || name === 'disconnect_burst_10s';
