import type { LogRecord } from '../../export/core/log-record.js';
import type { FeatureDefinition } from './feature-catalogue.js';
import type { WindowConfig, WindowTable, ZoneOffset } from './window-table.js';

/** Turns log lines into the complete grid of windows of one feature set. */
export interface RowAggregator {
  /**
   * Lines may come in any order; the record is read at once and not kept.
   *
   * @throws AppError `export_invalid` as soon as there are more non-empty windows than allowed
   */
  add(record: LogRecord): void;
  /** The complete grid of all lines added so far. */
  finish(): WindowTable;
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
  /** Training needs WiFi lines in the export. */
  readonly wifiRequired: boolean;
  /** Only lines of programs whose name contains one of these, in any case; null = every line. */
  readonly programs: readonly string[] | null;
  /** @throws AppError `config_invalid` for windows that make no grid, or that the set cannot have */
  createAggregator(window: WindowConfig, zone: ZoneOffset): RowAggregator;
}
