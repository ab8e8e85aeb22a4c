import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { getJson } from '../../api/client.js';
import type { ExportStats, ExportVolume } from '../../api/types.js';
import { axis, Chart, tooltip, type ChartOption } from '../../charts/chart.js';
import type { Palette } from '../../charts/palette.js';
import { count, plural } from '../../format/numbers.js';
import { clock, day, duration, moment, useZone } from '../../format/times.js';
import { DeviceRange, useDeviceRange } from '../../ui/device-range.js';
import { Card } from '../../ui/card.js';
import { Loaded } from '../../ui/loaded.js';

const DEVICES_AT_ONCE = 30;

/** When each device logged, and when it was silent. */
export function Coverage({ id, stats }: { readonly id: string; readonly stats: ExportStats }) {
  const query = useQuery({
    queryKey: ['export-volume', id],
    queryFn: ({ signal }) => getJson<ExportVolume>(`/exports/${id}/volume`, undefined, signal),
    staleTime: Infinity,
  });
  return (
    <Card title="Log lines over time">
      <div className="stack">
        <Loaded query={query} lines={6}>
          {(volume) => <VolumeChart volume={volume} />}
        </Loaded>
        <Gaps stats={stats} />
      </div>
    </Card>
  );
}

function VolumeChart({ volume }: { readonly volume: ExportVolume }) {
  const [zone] = useZone();
  const range = useDeviceRange(volume.devices, DEVICES_AT_ONCE);
  const devices = range.shown;
  const others = volume.other_devices;
  const option = useCallback(
    (colours: Palette) => volumeOption(volume, devices, colours),
    // The zone decides what the axis says.
    [volume, devices, zone],
  );
  if (volume.start === null) return <p className="soft">There is no line with a time that can be read.</p>;
  const rowHeight = devices.length > 12 ? 20 : 30;
  return (
    <>
      <p className="soft small">
        Each row is a device, each cell {duration(volume.bucket_seconds)}; darker means more lines, empty means silence.
        {others > 0 && ` Devices with the most lines come first; ${plural(others, 'other')} cannot be shown.`}
      </p>
      <DeviceRange range={range} />
      <Chart
        label={`Log lines of ${devices.length} devices over time`}
        height={devices.length * rowHeight + 120}
        option={option}
      />
    </>
  );
}

function volumeOption(volume: ExportVolume, devices: ExportVolume['devices'], colours: Palette): ChartOption {
  const start = Date.parse(volume.start ?? '');
  const step = volume.bucket_seconds * 1000;
  const buckets = devices[0]?.counts.length ?? 0;
  const times = Array.from({ length: buckets }, (_, i) => start + i * step);
  const isNewDay = (i: number): boolean => i === 0 || day(times[i]) !== day(times[i - 1]);
  const cells = devices.flatMap(({ counts }, row) =>
    counts.flatMap((logs, column) => (logs > 0 ? [[column, row, logs]] : [])),
  );
  // One scale for all devices, whichever of them are shown.
  const most = volume.devices.reduce((max, device) => Math.max(max, ...device.counts), 1);
  return {
    grid: { left: 24, right: 16, top: 8, bottom: 86, containLabel: true },
    legend: { show: false },
    xAxis: axis(colours, 'Time', {
      type: 'category',
      data: times.map(String),
      axisLabel: {
        color: colours.soft,
        hideOverlap: true,
        interval: isNewDay,
        formatter: (value: string) => day(Number(value)),
      },
      splitLine: { show: false },
    }),
    yAxis: axis(colours, 'Device', {
      type: 'category',
      inverse: true,
      data: devices.map(({ device }) => device),
      nameGap: 34,
      axisLabel: { color: colours.text, width: 90, overflow: 'truncate' },
      splitLine: { show: false },
    }),
    visualMap: {
      type: 'continuous',
      min: 1,
      max: most,
      orient: 'horizontal',
      left: 0,
      bottom: 0,
      itemHeight: 120,
      text: [`${count(most)} lines`, '1'],
      textStyle: { color: colours.soft },
      inRange: { color: [...colours.ramp.slice(1)] },
    },
    tooltip: {
      ...tooltip(colours),
      formatter: (item: unknown) => {
        const [column, row, logs] = (item as { value: [number, number, number] }).value;
        return `${devices[row].device}\n${clock(times[column], { day: true })}\n${plural(logs, 'line')}`;
      },
    },
    series: [{ type: 'heatmap', data: cells, progressive: 0 }],
  };
}

function Gaps({ stats: { gaps } }: { readonly stats: ExportStats }) {
  if (gaps.count === 0) return <p className="soft">No device was silent for longer than an hour.</p>;
  return (
    <div className="scroll-x">
      <table className="table">
        <caption className="visually-hidden">Gaps longer than one hour</caption>
        <thead>
          <tr>
            <th scope="col">Device</th>
            <th scope="col" className="right">
              Gaps over 1 h
            </th>
            <th scope="col" className="right">
              Longest
            </th>
            <th scope="col" className="hide-narrow">
              From
            </th>
            <th scope="col" className="hide-narrow">
              To
            </th>
          </tr>
        </thead>
        <tbody>
          {gaps.devices.map((gap) => (
            <tr key={gap.device}>
              <th scope="row">{gap.device}</th>
              <td className="right">{count(gap.count)}</td>
              <td className="right">{duration(gap.longest_seconds)}</td>
              <td className="hide-narrow">{moment(gap.from)}</td>
              <td className="hide-narrow">{moment(gap.to)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
