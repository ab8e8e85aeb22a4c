import {
  IconActivity,
  IconAdjustments,
  IconBinaryTree,
  IconCalendarRepeat,
  IconDatabaseImport,
  IconHistory,
  IconHome,
  IconKey,
  IconRocket,
  IconScale,
  IconStack2,
  type Icon,
} from '@tabler/icons-react';

export interface Destination {
  readonly href: string;
  readonly label: string;
  readonly icon: Icon;
}

export interface NavigationGroup {
  readonly title: string | null;
  readonly items: readonly Destination[];
}

/** In the order of the work: data, training, models, delivery, use. */
export const NAVIGATION: readonly NavigationGroup[] = [
  {
    title: null,
    items: [
      { href: '/', label: 'Overview', icon: IconHome },
      { href: '/exports', label: 'Exports', icon: IconDatabaseImport },
      { href: '/trainings', label: 'Trainings', icon: IconBinaryTree },
      { href: '/schedules', label: 'Schedules', icon: IconCalendarRepeat },
      { href: '/models', label: 'Models', icon: IconStack2 },
      { href: '/compare', label: 'Compare', icon: IconScale },
      { href: '/deploy', label: 'Deploy', icon: IconRocket },
      { href: '/score', label: 'Score explorer', icon: IconActivity },
    ],
  },
  {
    title: 'Service',
    items: [
      { href: '/settings', label: 'Settings', icon: IconAdjustments },
      { href: '/api-keys', label: 'API keys', icon: IconKey },
      { href: '/audit', label: 'Audit', icon: IconHistory },
    ],
  },
];

export const isCurrent = (href: string, location: string): boolean =>
  href === '/' ? location === '/' : location === href || location.startsWith(`${href}/`);
