import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { decodeCursor, toPage, type Page } from '../platform/http/page.js';
import { AppError } from '../shared/errors.js';
import { isTerminal } from '../training/core/run-status.js';
import { actorOf } from '../platform/security/actor.js';
import { TrainingRunsService } from '../training/training-runs.service.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { assertScope } from '../platform/http/authorisation.guard.js';
import { DryRunQueryDto } from '../platform/http/dry-run.js';
import { operationIdOf } from '../platform/http/idempotency/idempotency.service.js';
import { Idempotent } from '../platform/http/idempotency/idempotent.js';
import { Requires } from '../platform/http/requires.js';
import { TRAINING_RESULT } from './result-schemas.js';
import { RunEventStream } from './run-event-stream.js';
import { runJson, runStatusJson } from './run-json.js';
import { TrainingQueueService } from './training-queue.service.js';
import { TrainingRequestsService } from './training-requests.service.js';
import {
  RunDto,
  RunListQueryDto,
  RunPageDto,
  RunStatusDto,
  TrainAcceptedDto,
  TrainDryRunDto,
  trainingDryRun,
  TrainRequestDto,
} from './training.dto.js';

@ApiTags('training')
@Controller('training')
export class TrainingController {
  constructor(
    private readonly requests: TrainingRequestsService,
    private readonly runs: TrainingRunsService,
    private readonly queue: TrainingQueueService,
    private readonly events: RunEventStream,
  ) {}

  @Post('train')
  @Requires('train')
  @Idempotent()
  @HttpCode(202)
  @ApiOperation({ operationId: 'startTraining', summary: 'Queue a training' })
  @ApiAcceptedResponse({ type: TrainAcceptedDto })
  @ApiOkResponse({ type: TrainDryRunDto, description: 'A dry run: nothing was queued' })
  @ApiProblems(404, 422, 503)
  async train(
    @Body() body: TrainRequestDto,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TrainAcceptedDto | TrainDryRunDto> {
    // A run that deploys its model does more than train.
    if (body.deploy === true) assertScope(request, 'deploy');
    if (dryRun) {
      response.status(200);
      return trainingDryRun(await this.requests.check(body));
    }
    const run = await this.requests.submit(body, operationIdOf(request), actorOf(request));
    response.setHeader('location', `/api/v1/training/status/${run.trainingId}`);
    return { training_id: run.trainingId, status: run.status };
  }

  @Get('status/:training_id')
  @Requires('read')
  @ApiOperation({ operationId: 'getTrainingStatus', summary: 'Status, progress and result of a run' })
  @ApiOkResponse({ type: RunStatusDto })
  @ApiProblems(400, 404)
  async status(@Param('training_id', ParseUUIDPipe) trainingId: string): Promise<RunStatusDto> {
    const run = await this.runs.get(trainingId);
    const position = run.status === 'queued' ? await this.runs.queuePosition(trainingId) : null;
    return runStatusJson(run, position);
  }

  @Get('runs')
  @Requires('read')
  @ApiOperation({ operationId: 'listTrainingRuns', summary: 'Runs, newest first' })
  @ApiOkResponse({ type: RunPageDto })
  @ApiProblems(400, 422)
  async list(@Query() query: RunListQueryDto): Promise<Page<RunDto>> {
    const { limit, cursor, status, model, origin, sort } = query;
    const rows = await this.runs.list({
      limit: limit + 1,
      before: decodeCursor(cursor),
      status,
      modelName: model,
      origin,
      createdFrom: query.created_from,
      createdBefore: query.created_before,
      ascending: sort === 'created_at',
    });
    return toPage(rows, limit, runJson, ({ createdAt, trainingId }) => ({ createdAt, id: trainingId }));
  }

  @Post(':training_id/cancel')
  @Requires('train')
  @Idempotent()
  @HttpCode(202)
  @ApiOperation({ operationId: 'cancelTraining', summary: 'Ask a queued or running training to stop' })
  @ApiAcceptedResponse({ type: RunDto })
  @ApiOkResponse({ type: RunDto, description: 'A dry run: the run as it is' })
  @ApiProblems(400, 404)
  async cancel(
    @Param('training_id', ParseUUIDPipe) trainingId: string,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RunDto> {
    if (dryRun) {
      response.status(200);
      return runJson(await this.runs.get(trainingId));
    }
    const run = await this.queue.cancel(trainingId, actorOf(request));
    return runJson(run ?? (await this.runs.get(trainingId)));
  }

  @Get(':training_id/events')
  @Requires('read')
  @ApiOperation({ operationId: 'streamTrainingEvents', summary: 'Progress as server-sent events' })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Resume after this event' })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ description: 'One event a step, until the run has ended', schema: { type: 'string' } })
  @ApiProblems(400, 404)
  async stream(
    @Param('training_id', ParseUUIDPipe) trainingId: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.runs.get(trainingId);
    await this.events.send(trainingId, lastSequence(lastEventId), request, response);
  }

  @Get(':training_id/report')
  @Requires('read')
  @ApiOperation({ operationId: 'getTrainingReport', summary: 'Result of a finished run' })
  @ApiOkResponse({ schema: TRAINING_RESULT })
  @ApiProblems(400, 404, 409)
  async report(@Param('training_id', ParseUUIDPipe) trainingId: string): Promise<unknown> {
    const run = await this.runs.get(trainingId);
    if (run.result !== null && isTerminal(run.status)) return run.result;
    throw new AppError('conflict', `Run ${trainingId} has no report: its status is ${run.status}.`);
  }
}

/** A Last-Event-ID that is not one of ours starts from the beginning. */
function lastSequence(header: string | undefined): number {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : 0;
}
