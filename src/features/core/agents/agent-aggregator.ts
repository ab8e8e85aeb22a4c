import type { DecodeText } from '../../../export/core/log-record.js';
import type { RecordNames } from '../../../export/core/name-table.js';
import { ROW, type RecordBatch } from '../../../export/core/record-batch.js';
import { AppError } from '../../../shared/errors.js';
import type { AggregatorOptions, RowAggregator } from '../feature-set.js';
import { checkGridSize, checkWindows, gridRange } from '../window-grid.js';
import type { WindowConfig, WindowTable } from '../window-table.js';
import type { AgentDefinition } from './agent-rule.js';
import { containsAny } from './python-text.js';
import { WindowTally } from './window-tally.js';

/** The agents look five minutes back. */
const AGENT_WINDOW_SECONDS = 300;

interface AgentInput extends AggregatorOptions {
  readonly window: WindowConfig;
  readonly agent: AgentDefinition;
}

/**
 * Windows as an agent of the consumer computes them: the lines of its programs, all devices together. Every sum is an
 * exact integer, so that the order of the lines does not matter. The grid spans all lines of the input, also those the
 * agent does not see; `logCount` counts the ones it sees.
 */
export class AgentAggregator implements RowAggregator {
  readonly needsEvents = false;
  private readonly config: WindowConfig;
  private readonly agent: AgentDefinition;
  private readonly names: RecordNames;
  private readonly decode: DecodeText;
  private readonly tally: WindowTally;
  private readonly lines: number;
  private readonly slotByWindow = new Map<number, number>();
  private readonly seenByProgram: boolean[] = [];
  private readonly lengthMs: number;
  private readonly strideMs: number;
  private firstMs = NaN;
  private lastMs = NaN;

  /** @throws AppError `config_invalid` for windows of another length than the agents', or a stride that makes no grid */
  constructor({ window: config, agent, names, decode }: AgentInput) {
    this.config = config;
    this.agent = agent;
    this.names = names;
    this.decode = decode;
    checkWindows(config);
    if (config.lengthSeconds !== AGENT_WINDOW_SECONDS) {
      throw new AppError(
        'config_invalid',
        `features.window.length is ${config.lengthSeconds}, but the feature set "${agent.name}" counts over ` +
          `${AGENT_WINDOW_SECONDS} seconds, as the agents do.`,
        { hint: `Set features.window.length to ${AGENT_WINDOW_SECONDS}, or choose another feature set.` },
      );
    }
    this.lengthMs = config.lengthSeconds * 1000;
    this.strideMs = config.strideSeconds * 1000;
    this.lines = agent.rule.sums;
    this.tally = new WindowTally(agent.rule.sums + 1);
  }

  add(batch: RecordBatch): void {
    for (let row = 0; row < batch.count; row++) {
      if ((batch.flags[row] & ROW.kept) === 0) continue;
      const timeMs = batch.timeMs[row];
      if (!(timeMs >= this.firstMs)) this.firstMs = timeMs;
      if (!(timeMs <= this.lastMs)) this.lastMs = timeMs;
      if (!this.sees(batch.program[row])) continue;
      this.addMessage(timeMs, this.decode(batch.bytes, batch.messageStart[row], batch.messageEnd[row]));
    }
  }

  finish(): WindowTable {
    const { config, agent, firstMs, lastMs } = this;
    const { firstIndex, windows } = gridRange(config, firstMs, lastMs);
    checkGridSize(config, windows, firstMs, lastMs);
    const columns = agent.features.length;
    const table: WindowTable = {
      featureNames: agent.features.map(({ name }) => name),
      devices: Number.isNaN(firstMs) ? [] : ['*'],
      deviceIndex: new Int32Array(windows),
      startMs: new Float64Array(windows),
      logCount: new Int32Array(windows),
      values: new Float32Array(windows * columns),
      windowSeconds: config.lengthSeconds,
    };
    for (let row = 0; row < windows; row++) {
      const window = firstIndex + row;
      table.startMs[row] = window * this.strideMs;
      const slot = this.slotByWindow.get(window);
      if (slot === undefined) continue;
      const sums = this.tally.row(slot).slice();
      agent.rule.finish?.(sums);
      table.logCount[row] = sums[this.lines];
      table.values.set(sums.subarray(0, columns), row * columns);
    }
    return table;
  }

  private addMessage(timeMs: number, message: string): void {
    const newest = Math.floor(timeMs / this.strideMs);
    const oldest = Math.floor((timeMs - this.lengthMs) / this.strideMs) + 1;
    const { tally } = this;
    tally.begin();
    for (let window = oldest; window <= newest; window++) tally.include(this.slotOf(window));
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

  private slotOf(window: number): number {
    const known = this.slotByWindow.get(window);
    if (known !== undefined) return known;
    // Edge windows are dropped later, so that a few more may exist than the grid will have.
    const edges = 2 * Math.ceil(this.lengthMs / this.strideMs);
    checkGridSize(this.config, this.tally.count + 1 - edges, this.firstMs, this.lastMs);
    const slot = this.tally.create();
    this.slotByWindow.set(window, slot);
    return slot;
  }
}
