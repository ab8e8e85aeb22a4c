import {
  IconAlertTriangle,
  IconArchive,
  IconBan,
  IconCircleCheck,
  IconCircleX,
  IconClock,
  IconPlayerPause,
  IconPlayerPlay,
  IconRocket,
  type Icon,
} from '@tabler/icons-react';

type Look = readonly [Icon, 'good' | 'warn' | 'bad' | 'active' | ''];

/** Colour, sign and word: no status is told by its colour alone. */
const LOOKS: Readonly<Record<string, Look>> = {
  queued: [IconClock, ''],
  running: [IconPlayerPlay, 'active'],
  completed: [IconCircleCheck, 'good'],
  rejected: [IconBan, 'bad'],
  failed: [IconCircleX, 'bad'],
  cancelled: [IconBan, ''],
  available: [IconCircleCheck, ''],
  deployed: [IconRocket, 'good'],
  archived: [IconArchive, ''],
  corrupt: [IconAlertTriangle, 'bad'],
  valid: [IconCircleCheck, 'good'],
  'valid, with warnings': [IconAlertTriangle, 'warn'],
  'not valid': [IconCircleX, 'bad'],
  'not checked yet': [IconClock, ''],
  passed: [IconCircleCheck, 'good'],
  'not passed': [IconCircleX, 'bad'],
  skipped: [IconBan, ''],
  on: [IconCircleCheck, 'good'],
  paused: [IconPlayerPause, 'warn'],
  claimed: [IconClock, 'active'],
  started: [IconPlayerPlay, 'active'],
  active: [IconCircleCheck, 'good'],
  expired: [IconClock, ''],
  revoked: [IconBan, ''],
};

export function StatusBadge({ status }: { readonly status: string }) {
  const [Sign, tone] = LOOKS[status] ?? [IconClock, ''];
  return (
    <span className={tone === '' ? 'badge' : `badge badge-${tone}`}>
      <Sign size={15} stroke={2} aria-hidden />
      {status}
    </span>
  );
}
