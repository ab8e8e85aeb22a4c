import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  HealthCheck,
  HealthCheckService,
  TypeOrmHealthIndicator,
  type HealthCheckResult,
} from '@nestjs/terminus';
import { DiskSpaceIndicator } from './disk-space.indicator.js';
import { ObjectStoreIndicator } from './object-store.indicator.js';
import { APP_CONFIG } from '../config/app-config.js';
import type { ResolvedConfig } from '../config/load-config.js';
import { ApiProblems } from '../http/api-problems.js';
import { Public } from '../http/requires.js';
import { ShutdownState } from '../shutdown-state.js';

/** A database that is silent for so long is not there; an orchestrator asks again, and gives up after about a second. */
const DATABASE_TIMEOUT_MS = 800;

class StatusDto {
  status: string;
}

const STATUS_SCHEMA = {
  type: 'object',
  properties: { status: { type: 'string', example: 'ok' } },
  required: ['status'],
};

/** Probes: `live` never asks anything else, `ready` asks the database, the disk and the artifact store. They say no more than a word. */
@ApiTags('health')
@Controller('health')
export class HealthController {
  private checking: Promise<HealthCheckResult> | null = null;

  constructor(
    private readonly health: HealthCheckService,
    private readonly database: TypeOrmHealthIndicator,
    private readonly disk: DiskSpaceIndicator,
    private readonly objects: ObjectStoreIndicator,
    private readonly shutdown: ShutdownState,
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
  ) {}

  @Get('live')
  @Public('a probe has no key, and learns no more than a word')
  @ApiOperation({ operationId: 'live', summary: 'The process answers' })
  @ApiOkResponse({ schema: STATUS_SCHEMA })
  live(): StatusDto {
    return { status: 'ok' };
  }

  @Get()
  @Public('a probe has no key, and learns no more than a word')
  @ApiOperation({ operationId: 'health', summary: 'Same as ready' })
  @ApiOkResponse({ schema: STATUS_SCHEMA })
  @ApiProblems(503)
  async root(): Promise<StatusDto> {
    return this.ready();
  }

  @Get('ready')
  @Public('a probe has no key, and learns no more than a word')
  @HealthCheck({ swaggerDocumentation: false })
  @ApiOperation({ operationId: 'ready', summary: 'Database, disk and artifact store are there: send work' })
  @ApiOkResponse({ schema: STATUS_SCHEMA })
  @ApiProblems(503)
  async ready(): Promise<StatusDto> {
    if (this.shutdown.isStopping) throw new ServiceUnavailableException('The service is shutting down.');
    const result = await this.check();
    return { status: result.status };
  }

  @Get('startup')
  @Public('a probe has no key, and learns no more than a word')
  @ApiOperation({ operationId: 'startup', summary: 'Migrations are done; the service is listening' })
  @ApiOkResponse({ schema: STATUS_SCHEMA })
  startup(): StatusDto {
    return { status: 'ok' };
  }

  /** One look for all who ask at the same time. */
  private check(): Promise<HealthCheckResult> {
    this.checking ??= this.health
      .check([
        () => this.database.pingCheck('database', { timeout: DATABASE_TIMEOUT_MS }),
        () => this.disk.check('disk', this.config.paths.modelsDir),
        () => this.objects.check('artifacts'),
      ])
      .finally(() => {
        this.checking = null;
      });
    return this.checking;
  }
}
