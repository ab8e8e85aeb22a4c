import type { DecodeText } from '../../export/core/log-record.js';
import type { RecordNames } from '../../export/core/name-table.js';
import type { RecordBatch } from '../../export/core/record-batch.js';
import type { AggregatorState } from './aggregator-state.js';
import type { EventColumns } from './event-columns.js';
import type { FeatureDefinition } from './feature-catalogue.js';
import type { FeatureState } from './feature-state.js';
import type { WindowConfig, WindowTable, ZoneOffset } from './window-table.js';

/** Turns log lines into the complete grid of windows of one feature set. */
export interface RowAggregator {
  /** Whether {@link add} reads the columns of the events; if not, the lines need not be classified. */
  readonly needsEvents: boolean;
  /**
   * Adds the rows that the filters keep (`ROW.kept`); nothing of the batch is kept.
   *
   * @param events columns of the same rows; null when {@link needsEvents} is false
   * @throws WindowReopened for a line whose window is finished, which cannot happen with `keepAll`: read again with it
   * @throws AppError `export_invalid` as soon as it is certain that the grid has more windows than allowed
   */
  add(batch: RecordBatch, events: EventColumns | null): void;
  /**
   * All that this aggregator knows, for another one of the same set and window to {@link absorb}; this one is of no use
   * afterwards.
   */
  exportState(): AggregatorState;
  /**
   * As if the lines of the other part had followed ours; whichever way the input is split, the table has the same bytes.
   *
   * @throws WindowReopened as {@link add}; this aggregator is of no use afterwards
   */
  absorb(state: AggregatorState): void;
  /** The complete grid of all lines added so far; the aggregator is of no use afterwards. */
  finish(basis?: FeatureBasis): WindowTable;
}

/**
 * Where the values take from what was learnt: the state of a model, or a fit on the first windows of the input, of
 * which `trainingWindows` tells how many (`starts`: beginnings of the windows of the grid, ms). Absent: a fit on all.
 */
export type FeatureBasis =
  { readonly state: FeatureState } | { readonly trainingWindows: (starts: Float64Array) => number };

export interface AggregatorOptions {
  /** Numbers of the devices and programs of the batches. */
  readonly names: RecordNames;
  readonly decode: DecodeText;
  /** Keep everything of every window until the end: for lines in no order at all. Costs memory, changes no number. */
  readonly keepAll: boolean;
  /** Lines between two looks for windows to finish; changes no number. Absent: as many as a batch has. */
  readonly sweepLines?: number;
}

/** A named, ordered list of features, the columns of a model, and how they come out of log lines. */
export interface FeatureSetDefinition {
  readonly name: string;
  readonly features: readonly FeatureDefinition[];
  /** All devices together as the device "*", whatever `features.window.group_by` says. */
  readonly pooled: boolean;
  /**
   * What is fitted on the training rows: imputation, clipping and scaling, or nothing. With 'identity' the model takes
   * raw values, and a caller that applies the stored scaler gets the same answer as one that does not.
   */
  readonly preprocessing: 'standard' | 'identity';
  /** Values depend on what was learnt before: a model of the set carries a state, and its training needs a warm-up. */
  readonly hasState: boolean;
  /** Training needs WiFi lines in the export. */
  readonly wifiRequired: boolean;
  /** Only lines of programs whose name contains one of these, in any case; null = every line. */
  readonly programs: readonly string[] | null;
  /** @throws AppError `config_invalid` for windows that make no grid, or that the set cannot have */
  createAggregator(window: WindowConfig, zone: ZoneOffset, options: AggregatorOptions): RowAggregator;
}
