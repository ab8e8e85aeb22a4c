/** From a value to a place on the picture, and where its axis is marked. */
export interface Scale {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Round steps: 1, 2 or 5 times a power of ten. */
function roundStep(span: number, parts: number): number {
  const raw = span / parts;
  const power = 10 ** Math.floor(Math.log10(raw));
  const digit = raw / power;
  return (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10) * power;
}

export function linearScale(low: number, high: number, from: number, to: number): Scale {
  const top = high > low ? high : low + 1;
  const step = roundStep(top - low, 5);
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= top + step * 1e-9; i++) ticks.push(i * step);
  return { place: (value) => from + ((value - low) / (top - low)) * (to - from), ticks };
}

/** Powers of ten; what is not above 0 lies at the lower end. */
export function logScale(low: number, high: number, from: number, to: number): Scale {
  const first = Math.floor(Math.log10(low));
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
  const place = (value: number): number => {
    const share = value <= 0 ? 0 : (Math.log10(value) - first) / (last - first);
    return from + Math.min(1, Math.max(0, share)) * (to - from);
  };
  return { place, ticks };
}

/** At most four digits, no exponent for the numbers of a report. */
export function axisText(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 1000) return `${Number((value / 1000).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}
