import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { ProblemNotice } from '../ui/problem-notice.js';
import type { ChartOption, ECharts } from './echarts.js';
import { palette, type Palette } from './palette.js';

export type { ChartOption } from './echarts.js';

export interface ChartProps {
  /** What it shows, for those who do not see it. */
  readonly label: string;
  readonly height: number;
  readonly option: (colours: Palette, width: number) => ChartOption;
  readonly onClick?: (value: unknown) => void;
}

/** A chart in the colours of the page. The library is fetched when the first one is shown; room is kept meanwhile. */
export function Chart({ label, height, option, onClick }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<ECharts | null>(null);
  const [width, setWidth] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const isDark = useComputedColorScheme('light') === 'dark';
  const click = useRef(onClick);
  click.current = onClick;

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    return mount(element, setChart, setWidth, setError, (value) => click.current?.(value));
  }, []);

  useEffect(() => {
    if (chart === null || width === 0) return;
    const colours = palette(isDark);
    chart.setOption({ ...base(colours), ...option(colours, width) }, { notMerge: true });
  }, [chart, isDark, option, width]);

  if (error !== null) return <ProblemNotice error={error} />;
  return <div ref={place} role="img" aria-label={label} style={{ height, width: '100%' }} />;
}

function mount(
  element: HTMLElement,
  onChart: (chart: ECharts) => void,
  onWidth: (width: number) => void,
  onError: (error: unknown) => void,
  onClick: (value: unknown) => void,
): () => void {
  let chart: ECharts | null = null;
  let isGone = false;
  const observer = new ResizeObserver(() => {
    chart?.resize();
    onWidth(element.clientWidth);
  });
  import('./echarts.js').then(({ init }) => {
    if (isGone) return;
    chart = init(element, null, { renderer: 'canvas' });
    chart.on('click', ({ value, data }) => {
      onClick(value ?? data);
    });
    observer.observe(element);
    onWidth(element.clientWidth);
    onChart(chart);
  }, onError);
  return () => {
    isGone = true;
    observer.disconnect();
    chart?.dispose();
  };
}

/** Tooltips are drawn on the canvas: as HTML they would bring inline styles, which the page forbids. */
function base({ text, soft, series, surface, line }: Palette): ChartOption {
  return {
    animation: false,
    color: [...series],
    textStyle: { color: soft, fontFamily: 'system-ui, "Segoe UI", Roboto, sans-serif', fontSize: 12 },
    grid: { left: 12, right: 16, top: 40, bottom: 36, containLabel: true },
    legend: {
      top: 0,
      left: 0,
      icon: 'roundRect',
      itemHeight: 8,
      itemWidth: 14,
      textStyle: { color: text },
      type: 'scroll',
    },
    tooltip: tooltip({ text, surface, line }),
  };
}

export function tooltip({ text, surface, line }: Pick<Palette, 'text' | 'surface' | 'line'>): object {
  return {
    renderMode: 'richText',
    confine: true,
    backgroundColor: surface,
    borderColor: line,
    textStyle: { color: text, fontSize: 12 },
  };
}

/** An axis with its name in the middle, so that no axis stands without one. */
export function axis({ soft, line }: Palette, name: string, more: object = {}): object {
  return {
    name,
    nameLocation: 'middle',
    nameGap: 28,
    nameTextStyle: { color: soft },
    axisLabel: { color: soft, hideOverlap: true },
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: line } },
    ...more,
  };
}
