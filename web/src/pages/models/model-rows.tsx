import { Checkbox } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { Link } from 'wouter';
import type { ModelSummary } from '../../api/types.js';
import { count } from '../../format/numbers.js';
import { moment } from '../../format/times.js';
import { StatusBadge } from '../../ui/status-badge.js';
import './model-rows.css';

const ROW_PX = 58;
const NARROW_ROW_PX = 92;
/** Rows before the last one at which the next page is asked for. */
const NEAR_END = 30;

/** Only the rows that can be seen exist: ten thousand are as quick as ten. */
export function ModelRows({
  models,
  total,
  chosen,
  onChoose,
  onEnd,
}: {
  readonly models: readonly ModelSummary[];
  /** Of which `models` are the first; -1 = unknown. */
  readonly total: number;
  readonly chosen: readonly string[];
  readonly onChoose: (version: string) => void;
  /** The last row is near: more of them are wanted. */
  readonly onEnd: () => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  const isNarrow = window.innerWidth <= 640;
  const rows = useWindowVirtualizer({
    count: models.length,
    estimateSize: () => (isNarrow ? NARROW_ROW_PX : ROW_PX),
    overscan: 12,
    scrollMargin: list.current?.offsetTop ?? 0,
  });
  const items = rows.getVirtualItems();
  const isNearEnd = (items.at(-1)?.index ?? 0) >= models.length - NEAR_END;
  useEffect(() => {
    if (isNearEnd) onEnd();
  }, [isNearEnd, onEnd]);
  return (
    <div ref={list} role="table" aria-label="Versions" aria-rowcount={total < 0 ? total : total + 1}>
      <div className="visually-hidden" role="rowgroup">
        <div role="row">
          {['Compare', 'Version', 'Status', 'Features', 'Windows', 'Trained'].map((name) => (
            <span role="columnheader" key={name}>
              {name}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {items.map(({ index, start, size }) => {
          const model = models[index];
          return (
            <div
              key={model.version}
              role="row"
              aria-rowindex={index + 2}
              className="model-row"
              style={{ height: size, transform: `translateY(${start - rows.options.scrollMargin}px)` }}
            >
              <ModelCells
                model={model}
                isChosen={chosen.includes(model.version)}
                onChoose={() => {
                  onChoose(model.version);
                }}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function ModelCells({
  model,
  isChosen,
  onChoose,
}: {
  readonly model: ModelSummary;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}) {
  const { version, aliases } = model;
  return (
    <>
      <span role="cell">
        <Checkbox checked={isChosen} onChange={onChoose} aria-label={`Compare ${version}`} />
      </span>
      <span role="cell" className="model-name">
        <Link href={`/models/${version}`}>{version}</Link>
        <span className="soft small">
          {model.model_name}
          {aliases.length > 0 && ` · ${aliases.join(', ')}`}
        </span>
      </span>
      <span role="cell">
        <StatusBadge status={model.status} />
      </span>
      <span role="cell" className="hide-narrow model-name">
        {model.model_type}
        <span className="soft small">{model.feature_set}</span>
      </span>
      <span role="cell" className="hide-narrow number">
        {count(model.training_samples)} windows
      </span>
      <span role="cell" className="soft small model-time">
        {moment(model.created_at)}
      </span>
    </>
  );
}
