import { axisText, linearScale, logScale, type Scale } from './chart-scale.js';
import { html, type Html } from './html.js';

/** Pictures as inline SVG. Sizes are those of a phone; wider pages put several side by side. */
const WIDTH = 340;
const HEIGHT = 250;
const PLOT = { left: 48, right: 326, top: 22, bottom: 204 };

const px = (value: number): string => String(Number(value.toFixed(1)));

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn as a dashed line of a second colour: told apart without colours too. */
  readonly secondary?: boolean;
}

export interface Axis {
  /** With its unit. */
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly log?: boolean;
}

export interface LineChart {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  /** What a person who cannot see the picture should know. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** The model's operating point on the x axis. */
  readonly mark?: { readonly at: number; readonly label: string } | null;
}

function scaleOf(axis: Axis, from: number, to: number): Scale {
  return axis.log === true
    ? logScale(axis.low, axis.high, from, to)
    : linearScale(axis.low, axis.high, from, to);
}

function frame(x: Scale, y: Scale, xLabel: string, yLabel: string): Html {
  const { left, right, top, bottom } = PLOT;
  const middle = px((top + bottom) / 2);
  return html`<g class="axis">
    ${y.ticks.map(
      (tick) =>
        html`<line
            x1="${left}"
            x2="${right}"
            y1="${px(y.place(tick))}"
            y2="${px(y.place(tick))}"
            class="grid"
          />
          <text x="${left - 6}" y="${px(y.place(tick) + 4)}" text-anchor="end">${axisText(tick)}</text>`,
    )}
    ${x.ticks.map(
      (tick) =>
        html`<line x1="${px(x.place(tick))}" x2="${px(x.place(tick))}" y1="${bottom}" y2="${bottom + 4}" />
          <text x="${px(x.place(tick))}" y="${bottom + 17}" text-anchor="middle">${axisText(tick)}</text>`,
    )}
    <path d="M${left} ${top}V${bottom}H${right}" fill="none" />
    <text x="${px((left + right) / 2)}" y="${HEIGHT - 8}" text-anchor="middle">${xLabel}</text>
    <text x="12" y="${middle}" text-anchor="middle" transform="rotate(-90 12 ${middle})">${yLabel}</text>
  </g>`;
}

function figure(id: string, title: string, description: string, height: number, body: Html): Html {
  return html`<figure>
    <figcaption id="${id}-caption">${title}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-caption ${id}-desc">
      <desc id="${id}-desc">${description}</desc>
      ${body}
    </svg>
  </figure>`;
}

function markLine(x: Scale, mark: NonNullable<LineChart['mark']>): Html {
  const at = x.place(mark.at);
  const isRight = at > (PLOT.left + PLOT.right) / 2;
  return html`<line x1="${px(at)}" x2="${px(at)}" y1="${PLOT.top}" y2="${PLOT.bottom}" class="mark" />
    <text
      x="${px(at + (isRight ? -5 : 5))}"
      y="${PLOT.top - 8}"
      text-anchor="${isRight ? 'end' : 'start'}"
      class="mark-text"
      >${mark.label}</text
    >`;
}

function legend(series: readonly Series[]): Html | null {
  if (series.length < 2) return null;
  return html`<p class="legend">
    ${series.map(
      ({ name, secondary }) =>
        html`<span class="${secondary === true ? 'key second' : 'key'}">${name}</span> `,
    )}
  </p>`;
}

export function lineChart({ id, title, description, x, y, series, mark }: LineChart): Html {
  const xs = scaleOf(x, PLOT.left, PLOT.right);
  const ys = scaleOf(y, PLOT.bottom, PLOT.top);
  const lines = series.map(({ points, secondary }) => {
    const path = points.map(([a, b]) => `${px(xs.place(a))} ${px(ys.place(b))}`).join('L');
    return html`<path d="M${path}" class="${secondary === true ? 'line second' : 'line'}" />`;
  });
  const body = html`${frame(xs, ys, x.label, y.label)} ${lines} ${mark == null ? null : markLine(xs, mark)}`;
  return html`<div class="chart">${figure(id, title, description, HEIGHT, body)} ${legend(series)}</div>`;
}

export interface Histogram extends Omit<LineChart, 'series' | 'x' | 'y'> {
  readonly xLabel: string;
  readonly yLabel: string;
  /** Ascending, one more than `counts`. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** Bars over a logarithmic axis, so that a handful of windows beside thousands is still seen. */
export function histogram({ id, title, description, xLabel, yLabel, edges, counts, mark }: Histogram): Html {
  const xs = linearScale(edges[0], edges[edges.length - 1], PLOT.left, PLOT.right);
  // A bar of one starts above the lower end, which is half.
  const ys = logScale(0.5, Math.max(10, ...counts), PLOT.bottom, PLOT.top);
  const ticks = ys.ticks.filter((tick) => tick >= 1);
  const bars = counts.map((count, i) => {
    if (count === 0) return null;
    const left = xs.place(edges[i]);
    const top = ys.place(count);
    return html`<rect
      x="${px(left)}"
      y="${px(top)}"
      width="${px(Math.max(0.5, xs.place(edges[i + 1]) - left - 0.6))}"
      height="${px(PLOT.bottom - top)}"
      class="bar"
    />`;
  });
  const body = html`${frame(xs, { ...ys, ticks }, xLabel, yLabel)} ${bars}
  ${mark == null ? null : markLine(xs, mark)}`;
  return html`<div class="chart">${figure(id, title, description, HEIGHT, body)}</div>`;
}

export interface BarItem {
  readonly label: string;
  /** 0 or more; what is below is drawn as nothing. */
  readonly value: number;
  /** What stands at the end of the bar. */
  readonly text: string;
}

export interface BarChart {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly items: readonly BarItem[];
  /** Value of a full bar. */
  readonly full: number;
}

const ROW = 34;
const LABEL_CHARS = 44;

export function barChart({ id, title, description, items, full }: BarChart): Html {
  const room = WIDTH - 76;
  const rows = items.map(({ label, value, text }, i) => {
    const y = i * ROW;
    const share = full > 0 ? Math.min(1, Math.max(0, value / full)) : 0;
    const shown = Array.from(label);
    const short = shown.length <= LABEL_CHARS ? label : `${shown.slice(0, LABEL_CHARS - 1).join('')}…`;
    return html`<text x="2" y="${y + 14}">${short}</text>
      <rect x="2" y="${y + 19}" width="${room}" height="10" class="track" />
      <rect x="2" y="${y + 19}" width="${px(room * share)}" height="10" class="bar" />
      <text x="${room + 8}" y="${y + 28}">${text}</text>`;
  });
  return html`<div class="chart">
    ${figure(id, title, description, items.length * ROW + 6, html`<g class="axis">${rows}</g>`)}
  </div>`;
}
