import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconInfoCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';

export type Tone = 'info' | 'good' | 'warn' | 'bad';

const ICONS = { info: IconInfoCircle, good: IconCircleCheck, warn: IconAlertTriangle, bad: IconCircleX };

export function Notice({
  tone = 'info',
  title,
  children,
  action,
}: {
  readonly tone?: Tone;
  readonly title?: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  const Icon = ICONS[tone];
  return (
    <div className={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon size={20} aria-hidden />
      <div className="stack-tight grow">
        {title !== undefined && <strong>{title}</strong>}
        {children !== undefined && <div className="wrap">{children}</div>}
        {action !== undefined && <div className="row">{action}</div>}
      </div>
    </div>
  );
}
