const LOCALE = 'en-GB';

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });

export const NONE = '–';

export const count = (value: number | null | undefined): string =>
  value === null || value === undefined ? NONE : whole.format(value);

/** With so many digits after the point; a figure that is not there is a dash. */
export const decimal = (value: number | null | undefined, digits = 3): string =>
  value === null || value === undefined ? NONE : value.toFixed(digits);

export const percent = (share: number | null | undefined, digits = 1): string =>
  share === null || share === undefined ? NONE : `${(share * 100).toFixed(digits)} %`;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function bytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), UNITS.length - 1);
  const scaled = value / 1000 ** power;
  return `${power === 0 ? scaled : scaled.toFixed(scaled < 10 ? 1 : 0)} ${UNITS[power]}`;
}

/** A rounded figure for a person: three significant digits, nothing of a float's tail. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (Number.isInteger(value)) return whole.format(value);
  const size = Math.abs(value);
  if (size >= 1000) return whole.format(value);
  if (size >= 0.001) return String(Number(value.toPrecision(3)));
  return value.toExponential(1);
}

/** "1 alert", "2 alerts". */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;
