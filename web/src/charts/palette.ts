/** Colours of charts, readable on both grounds and told apart without red and green. */
export interface Palette {
  readonly text: string;
  readonly soft: string;
  readonly line: string;
  readonly surface: string;
  readonly series: readonly string[];
  /** Few to many. */
  readonly ramp: readonly string[];
  readonly alarm: string;
}

const LIGHT: Palette = {
  text: '#1b2430',
  soft: '#55606e',
  line: '#dfe3e8',
  surface: '#ffffff',
  series: ['#2f5fbd', '#c2571a', '#1b7f79', '#8a3fa0', '#7a6a00', '#b03060', '#4c6b8a', '#3f7d20'],
  ramp: ['#edf2fa', '#c3d5f1', '#8eb0e6', '#5784d0', '#2651a5', '#14306b'],
  alarm: '#c2410c',
};

const DARK: Palette = {
  text: '#dde3ea',
  soft: '#9aa5b3',
  line: '#2c343f',
  surface: '#1a2028',
  series: ['#7ba4ee', '#f0995a', '#54c1b8', '#c792dd', '#d6c04f', '#ee86a8', '#9bb4cd', '#8fce70'],
  ramp: ['#212b3a', '#28416b', '#335d9f', '#4f80dc', '#8eb0ee', '#dbe6fb'],
  alarm: '#fb923c',
};

export const palette = (isDark: boolean): Palette => (isDark ? DARK : LIGHT);
