import { Inject, Injectable } from '@nestjs/common';
import { confidence } from '../monitoring/core/scored-windows.js';
import { CLOCK, type Clock } from '../platform/clock.js';
import type { LoadedModel } from '../registry/loaded-model.js';
import { ModelLoaderService } from '../registry/model-loader.service.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import { AppError } from '../shared/errors.js';
import type { InferenceRows } from './inference-rows.js';

/** A loaded version answers so long before its files are verified again. */
const FRESH_MS = 30_000;
/** Versions that are held ready at a time. */
const HELD = 4;

export interface RowScores {
  readonly score: number[];
  readonly isAnomaly: boolean[];
  readonly confidence: number[];
}

interface Held {
  readonly model: LoadedModel;
  readonly verifiedMs: number;
}

/** Scores rows of features with the scorer of windows; models stay loaded between requests. */
@Injectable()
export class InferenceService {
  private readonly held = new Map<string, Held>();

  constructor(
    private readonly registry: ModelRegistryService,
    private readonly loader: ModelLoaderService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @param version null = the deployed one, or the newest one before it whose files are intact
   * @throws AppError `not_found` for a model without such a version
   */
  async model(name: string, version: string | null): Promise<LoadedModel> {
    if (version === null) return this.loader.loadDeployed(name, (one) => this.load(one));
    const { modelName } = await this.registry.get(version);
    if (modelName !== name) throw new AppError('not_found', `Model "${name}" has no version ${version}.`);
    return this.load(version);
  }

  score(model: LoadedModel, { values, rows, devices }: InferenceRows): RowScores {
    const names = [...new Set(devices ?? [])];
    const index = Int32Array.from(devices ?? [], (device) => names.indexOf(device));
    const numbers = devices === null ? null : model.deviceNumbers(names, index);
    const { offset } = model;
    // As in the report of windows: score and threshold are -score_samples and -offset.
    const samples = model.scoreValues(values, rows, numbers);
    return {
      score: Array.from(samples, (sample) => -sample),
      isAnomaly: Array.from(samples, (sample) => sample - offset < 0),
      confidence: Array.from(
        samples,
        (sample, row) => model.confidence(-sample, numbers?.[row] ?? -1) ?? confidence(-sample, -offset),
      ),
    };
  }

  private async load(version: string): Promise<LoadedModel> {
    const nowMs = this.clock.monotonicMs();
    const known = this.held.get(version);
    if (known !== undefined && nowMs - known.verifiedMs < FRESH_MS) return known.model;
    this.held.delete(version);
    const model = await this.loader.loadVersion(version);
    this.held.set(version, { model, verifiedMs: nowMs });
    for (const oldest of [...this.held.keys()].slice(0, -HELD)) this.held.delete(oldest);
    return model;
  }
}
