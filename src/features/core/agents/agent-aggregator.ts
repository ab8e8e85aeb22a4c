import type { DecodeText } from '../../../export/core/log-record.js';
import type { RecordNames } from '../../../export/core/name-table.js';
import { ROW, type RecordBatch } from '../../../export/core/record-batch.js';
import { AppError } from '../../../shared/errors.js';
import type { AggregatorState } from '../aggregator-state.js';
import type { FormulaColumn } from '../feature-formulas.js';
import type { AggregatorOptions, RowAggregator } from '../feature-set.js';
import { checkWindows } from '../window-grid.js';
import { type SlotKeeper, WindowLedger } from '../window-ledger.js';
import { WindowRows } from '../window-rows.js';
import { buildWindowTable, ROW_INTEGERS, ROW_LOGS } from '../window-table-builder.js';
import type { WindowConfig, WindowTable } from '../window-table.js';
import type { AgentDefinition } from './agent-rule.js';
import { containsAny } from './python-text.js';
import { WindowTally } from './window-tally.js';

export interface AgentAggregatorInput extends AggregatorOptions {
  readonly window: WindowConfig;
  readonly agent: AgentDefinition;
}

/** The agents look five minutes back. */
const AGENT_WINDOW_SECONDS = 300;
/** The agents know one device. */
const OWNER = 0;
const OWNER_NAME = '*';

/**
 * Windows as an agent of the consumer computes them: the lines of its programs, all devices together. Every sum is an
 * exact integer, so that the order of the lines does not matter, nor how they are split. The grid spans all lines of the
 * input, also those the agent does not see; `logCount` counts the ones it sees.
 */
export class AgentAggregator implements RowAggregator, SlotKeeper {
  readonly needsEvents = false;
  readonly ledger: WindowLedger;
  readonly tally: WindowTally;
  private readonly config: WindowConfig;
  private readonly agent: AgentDefinition;
  private readonly names: RecordNames;
  private readonly decode: DecodeText;
  /** Column of the number of lines, behind those of the rule. */
  private readonly lines: number;
  private readonly seenByProgram: boolean[] = [];
  private readonly lengthMs: number;
  private readonly strideMs: number;

  /** @throws AppError `config_invalid` for windows of another length than the agents', or a stride that makes no grid */
  constructor({ window, agent, names, decode, keepAll, sweepLines }: AgentAggregatorInput) {
    checkWindows(window);
    if (window.lengthSeconds !== AGENT_WINDOW_SECONDS) {
      throw new AppError(
        'config_invalid',
        `features.window.length is ${window.lengthSeconds}, but the feature set "${agent.name}" counts over ` +
          `${AGENT_WINDOW_SECONDS} seconds, as the agents do.`,
        { hint: `Set features.window.length to ${AGENT_WINDOW_SECONDS}, or choose another feature set.` },
      );
    }
    const config: WindowConfig = { ...window, groupBy: 'all' };
    this.config = config;
    this.agent = agent;
    this.names = names;
    this.decode = decode;
    this.lengthMs = config.lengthSeconds * 1000;
    this.strideMs = config.strideSeconds * 1000;
    this.lines = agent.rule.sums;
    this.tally = new WindowTally(agent.rule.sums + 1);
    this.ledger = new WindowLedger({
      ...{ config, keeper: this, keepAll, sweepLines },
      rows: new WindowRows(agent.features.length, ROW_INTEGERS),
      ownerName: () => OWNER_NAME,
    });
  }

  add(batch: RecordBatch): void {
    const { ledger } = this;
    let lines = 0;
    for (let row = 0; row < batch.count; row++) {
      if ((batch.flags[row] & ROW.kept) === 0) continue;
      const timeMs = batch.timeMs[row];
      ledger.extend(timeMs, timeMs);
      lines++;
      if (!this.sees(batch.program[row])) continue;
      this.addMessage(timeMs, this.decode(batch.bytes, batch.messageStart[row], batch.messageEnd[row]));
    }
    if (lines > 0) ledger.noteOwner(OWNER);
    ledger.endBatch(lines);
  }

  finish(): WindowTable {
    const { config, agent, ledger } = this;
    ledger.closeAll();
    // The columns are computed when a window is closed; in one without lines all are 0.
    const window: FormulaColumn<unknown>[] = agent.features.map((_, column) => ({
      column,
      formula: () => 0,
    }));
    return buildWindowTable({
      ...{
        config,
        ledger,
        columns: { window, grid: [], context: [] },
        earliest: null,
        context: null,
        basis: { trainingWindows: () => 0 },
      },
      featureNames: agent.features.map(({ name }) => name),
      emptyWindow: () => undefined,
      hourAt: () => 0,
      deviceName: () => OWNER_NAME,
    });
  }

  exportState(): AggregatorState {
    const { ledger, tally } = this;
    return {
      ...{ devices: [], programs: [], ints: new Int32Array(0), earliest: null, context: null },
      ...tally.export(ledger.openSlots()),
      ledger: ledger.export(),
    };
  }

  absorb(state: AggregatorState): void {
    this.tally.absorb(
      state,
      this.ledger.absorb(state.ledger, () => OWNER),
    );
  }

  openSlot(slot: number): void {
    this.tally.clear(slot);
  }

  closeSlot(slot: number, row: number): void {
    const { agent, lines, tally, ledger } = this;
    const { rows } = ledger;
    const sums = tally.row(slot);
    agent.rule.finish?.(sums);
    const from = rows.offset(row);
    rows.floats[rows.block(row)].set(sums.subarray(0, rows.columns), from);
    rows.ints[rows.block(row)][from + rows.columns + ROW_LOGS] = sums[lines];
  }

  dropSlots(closed: Uint8Array): void {
    this.tally.dropSlots(closed, this.ledger.openSlots());
  }

  private addMessage(timeMs: number, message: string): void {
    const newest = Math.floor(timeMs / this.strideMs);
    const oldest = Math.floor((timeMs - this.lengthMs) / this.strideMs) + 1;
    const { tally, ledger } = this;
    tally.begin();
    for (let window = oldest; window <= newest; window++) tally.include(ledger.slotOf(OWNER, window));
    tally.add(this.lines, 1);
    this.agent.rule.read(message, tally);
  }

  /** Decided once per program, by its number. */
  private sees(program: number): boolean {
    for (let id = this.seenByProgram.length; id <= program; id++) {
      this.seenByProgram.push(containsAny(this.names.programs.name(id).toLowerCase(), this.agent.programs));
    }
    return this.seenByProgram[program];
  }
}
