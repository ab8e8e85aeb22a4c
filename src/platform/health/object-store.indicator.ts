import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { CLOCK, type Clock } from '../clock.js';
import { OBJECT_STORE, type ObjectStore } from '../object-store/object-store.js';

const TIMEOUT_MS = 2_000;
/** Probes need no key: however many there are, the bucket is asked this seldom. */
const ASK_EVERY_MS = 2_000;

/** Without its bucket a process can neither keep a version nor fetch one that it has not used yet. */
@Injectable()
export class ObjectStoreIndicator {
  private asked: { readonly atMs: number; readonly isUp: Promise<boolean> } | null = null;

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore | null,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async check(key: string): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(key);
    return this.objects === null || (await this.isUp(this.objects)) ? indicator.up() : indicator.down();
  }

  private isUp(objects: ObjectStore): Promise<boolean> {
    const nowMs = this.clock.monotonicMs();
    if (this.asked === null || nowMs - this.asked.atMs >= ASK_EVERY_MS) {
      const isUp = objects.check(TIMEOUT_MS).then(
        () => true,
        () => false,
      );
      this.asked = { atMs: nowMs, isUp };
    }
    return this.asked.isUp;
  }
}
