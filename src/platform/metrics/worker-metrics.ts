import type { IncomingHttpHeaders } from 'node:http';
import { register } from 'prom-client';
import type { ResolvedConfig } from '../config/load-config.js';
import type { ApiKeysService } from '../security/api-keys.service.js';
import { allows } from '../security/scopes.js';
import type { Observations } from './observations.js';
import { ServiceMetrics } from './service-metrics.js';

export interface MetricsAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const LOOKED_UP = ['train_leases_expired', 'queue_oldest_age_seconds'] as const;
const LOOPBACK_NAME = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;
const NOT_HERE: MetricsAnswer = { status: 404, type: 'text/plain', text: 'Metrics are switched off.\n' };
const NO_KEY: MetricsAnswer = {
  status: 401,
  type: 'text/plain',
  text: 'Metrics need "Authorization: Bearer <key>" with a key of the scope "read".\n',
};

/** `/metrics` of a process without the web server: what this process counts, under the same rules as there. */
export class WorkerMetrics {
  private readonly metrics: ServiceMetrics;

  constructor(
    config: ResolvedConfig,
    observations: Observations,
    private readonly keys: ApiKeysService,
  ) {
    this.metrics = new ServiceMetrics(config, observations);
    // What is looked up in the database is the service's to tell.
    for (const name of LOOKED_UP) this.metrics.clear(name);
  }

  async answer(headers: IncomingHttpHeaders): Promise<MetricsAnswer> {
    if (!this.metrics.enabled) return NOT_HERE;
    if (!(await this.isAllowed(headers))) return NO_KEY;
    return { status: 200, type: register.contentType, text: await register.metrics() };
  }

  /** Open to this machine until the first key exists, like the service itself. */
  private async isAllowed({ authorization, host }: IncomingHttpHeaders): Promise<boolean> {
    const key = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1];
    const identity = key === undefined ? null : await this.keys.identify(key);
    if (identity !== null) return allows(identity.scopes, 'read');
    return LOOPBACK_NAME.test(host ?? '') && !(await this.keys.exist());
  }
}
