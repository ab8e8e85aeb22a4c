import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import type { ScoredWindow } from '../../api/score-types.js';
import { count, decimal } from '../../format/numbers.js';
import { moment, useZone } from '../../format/times.js';
import './score.css';

const ROW_PX = 46;

/** The flagged windows, highest score first; each is a button. */
export function FlaggedList({
  windows,
  chosen,
  onChoose,
}: {
  readonly windows: readonly ScoredWindow[];
  readonly chosen: ScoredWindow | null;
  readonly onChoose: (window: ScoredWindow) => void;
}) {
  useZone();
  const place = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: windows.length,
    getScrollElement: () => place.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  return (
    <div
      ref={place}
      className="flagged"
      tabIndex={0}
      role="group"
      aria-label="Flagged windows, highest score first"
    >
      <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const window = windows[index];
          return (
            <button
              key={`${window.device} ${window.start ?? index}`}
              type="button"
              className="flagged-row"
              aria-pressed={window === chosen}
              style={{ transform: `translateY(${start}px)` }}
              onClick={() => {
                onChoose(window);
              }}
            >
              <strong className="number">{decimal(window.score)}</strong>
              <span className="wrap">device {window.device}</span>
              <span className="soft small">{moment(window.start)}</span>
              <span className="soft small hide-narrow number">{count(window.log_count)} lines</span>
            </button>
          );
        })}
      </div>
    </div>
  );
}
