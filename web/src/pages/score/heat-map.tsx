import { useCallback, useMemo } from 'react';
import type { ScoredWindow, ScoreReport } from '../../api/score-types.js';
import { DeviceRange, useDeviceRange } from '../../ui/device-range.js';
import { axis, Chart, tooltip, type ChartOption } from '../../charts/chart.js';
import type { Palette } from '../../charts/palette.js';
import { decimal, plural } from '../../format/numbers.js';
import { clock, day, duration, useZone } from '../../format/times.js';
import { heatCells, type HeatCells } from './heat-cells.js';

const DEVICES_AT_ONCE = 40;

/** Device by time: each cell shows the highest score in it. A click opens the window that has it. */
export function HeatMap({
  report,
  onChoose,
}: {
  readonly report: ScoreReport;
  readonly onChoose: (window: ScoredWindow) => void;
}) {
  const [zone] = useZone();
  const { rows, other_devices: others } = report.heat_map;
  const range = useDeviceRange(rows, DEVICES_AT_ONCE);
  const heat = useMemo(() => heatCells(report, range.shown), [report, range.shown]);
  const option = useCallback(
    (colours: Palette) => heatOption(heat, report.threshold, colours),
    // The zone decides what the axis says.
    [heat, report.threshold, zone],
  );
  if (rows.length === 0) return null;
  const rowHeight = heat.devices.length > 12 ? 22 : 34;
  return (
    <div className="stack-tight">
      <p className="soft small">
        Each row is a device, each cell {duration(heat.stepMs / 1000)}: its colour is the highest score in it,
        orange above the threshold. Choose a cell to see its window below; the list of flagged windows does
        the same by keyboard. Devices with the most flagged windows come first
        {others > 0 ? `; ${plural(others, 'other device')} with few or none cannot be shown.` : '.'}
      </p>
      <DeviceRange range={range} />
      <Chart
        label={`Scores of ${heat.devices.length} devices over time`}
        height={heat.devices.length * rowHeight + 130}
        option={option}
        onClick={(value) => {
          const [column, row] = value as [number, number];
          const found = heat.windowAt(column, row);
          if (found !== undefined) onChoose(found);
        }}
      />
    </div>
  );
}

function heatOption(heat: HeatCells, threshold: number, colours: Palette): ChartOption {
  const { times, devices, cells } = heat;
  const isNewDay = (i: number): boolean => i === 0 || day(times[i]) !== day(times[i - 1]);
  const most = cells.reduce((max, [, , score]) => Math.max(max, score), threshold);
  const least = cells.reduce((min, [, , score]) => Math.min(min, score), threshold);
  return {
    legend: { show: false },
    grid: { left: 24, right: 16, top: 8, bottom: 90, containLabel: true },
    xAxis: axis(colours, 'Time', {
      type: 'category',
      data: times.map(String),
      splitLine: { show: false },
      axisLabel: {
        color: colours.soft,
        hideOverlap: true,
        interval: isNewDay,
        formatter: (value: string) => day(Number(value)),
      },
    }),
    yAxis: axis(colours, 'Device', {
      type: 'category',
      inverse: true,
      data: [...devices],
      nameGap: 34,
      axisLabel: { color: colours.text, width: 90, overflow: 'truncate' },
      splitLine: { show: false },
    }),
    visualMap: {
      type: 'piecewise',
      orient: 'horizontal',
      left: 0,
      bottom: 0,
      textStyle: { color: colours.soft },
      pieces: [
        ...quiet(least, threshold, colours),
        {
          gt: threshold,
          lte: Math.max(most, threshold + 1e-6),
          label: `flagged, above ${decimal(threshold)}`,
          color: colours.alarm,
        },
      ],
    },
    tooltip: {
      ...tooltip(colours),
      formatter: (item: unknown) => {
        const [column, row, score] = (item as { value: [number, number, number] }).value;
        return `device ${devices[row]}\n${clock(times[column], { day: true })}\nscore ${decimal(score)}`;
      },
    },
    series: [{ type: 'heatmap', data: cells.map((cell) => [...cell]), progressive: 0 }],
  };
}

const QUIET_STEPS = 4;

/** Steps of what is not flagged, from least to the threshold. */
function quiet(least: number, threshold: number, { ramp }: Palette): object[] {
  const width = (threshold - least) / QUIET_STEPS;
  return Array.from({ length: QUIET_STEPS }, (_, i) => {
    const [from, to] = [least + i * width, i === QUIET_STEPS - 1 ? threshold : least + (i + 1) * width];
    const range = i === 0 ? { lte: to } : { gt: from, lte: to };
    return { ...range, label: `${decimal(from, 2)}–${decimal(to, 2)}`, color: ramp[i] };
  });
}
