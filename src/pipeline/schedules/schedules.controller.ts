import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Patch,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiProblems } from '../../platform/http/api-problems.js';
import { assertScope } from '../../platform/http/authorisation.guard.js';
import { DryRunQueryDto } from '../../platform/http/dry-run.js';
import { assertIfMatch, strongEtag } from '../../platform/http/etag.js';
import { Idempotent } from '../../platform/http/idempotency/idempotent.js';
import { PageQueryDto } from '../../platform/http/page.dto.js';
import { decodeCursor, toPage, type Page } from '../../platform/http/page.js';
import { Requires } from '../../platform/http/requires.js';
import { actorOf } from '../../platform/security/actor.js';
import type { Schedule } from './schedule.js';
import { scheduleJson, tickJson, type ScheduleView } from './schedule-json.js';
import { patchOf, settingsOf } from './schedule-request.js';
import { scheduleState } from './schedule-state.js';
import {
  CreateScheduleDto,
  ScheduleDto,
  SchedulePageDto,
  ScheduleTickDto,
  UpdateScheduleDto,
} from './schedules.dto.js';
import type { ChangeGuard } from './schedules.service.js';
import { SchedulesService } from './schedules.service.js';

const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'ETag of GET /schedules/{schedule_id}: nobody else may have changed it since',
  schema: { type: 'string' },
} as const;

/** Trainings that repeat. */
@ApiTags('schedules')
@Controller('schedules')
export class SchedulesController {
  constructor(private readonly schedules: SchedulesService) {}

  @Get()
  @Requires('read')
  @ApiOperation({
    operationId: 'listSchedules',
    summary: 'Schedules with their next and last ticks, newest first',
  })
  @ApiOkResponse({ type: SchedulePageDto })
  @ApiProblems(400, 422)
  async list(@Query() { limit, cursor }: PageQueryDto): Promise<Page<Record<string, unknown>>> {
    const views = await this.schedules.list({ limit: limit + 1, before: decodeCursor(cursor) });
    return toPage(views, limit, scheduleJson, ({ schedule: { createdAt, scheduleId } }) => ({
      createdAt,
      id: scheduleId,
    }));
  }

  @Post()
  @Requires('train')
  @Idempotent()
  @ApiOperation({ operationId: 'createSchedule', summary: 'Train again and again, by a cron expression' })
  @ApiCreatedResponse({ type: ScheduleDto })
  @ApiOkResponse({ type: ScheduleDto, description: 'A dry run: nothing was made' })
  @ApiProblems(409, 422)
  async create(
    @Body() body: CreateScheduleDto,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Record<string, unknown>> {
    if (body.deploy === true) assertScope(request, 'deploy');
    const view = await this.schedules.create(settingsOf(body), actorOf(request), dryRun);
    if (dryRun) response.status(200);
    else response.setHeader('location', `/api/v1/schedules/${view.schedule.scheduleId}`);
    return answer(response, view);
  }

  @Get(':schedule_id')
  @Requires('read')
  @ApiOperation({ operationId: 'getSchedule', summary: 'One schedule with its next and last ticks' })
  @ApiOkResponse({ type: ScheduleDto })
  @ApiProblems(400, 404)
  async get(
    @Param('schedule_id', ParseUUIDPipe) scheduleId: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Record<string, unknown>> {
    return answer(response, await this.schedules.view(await this.schedules.get(scheduleId)));
  }

  @Patch(':schedule_id')
  @Requires('train')
  @ApiOperation({ operationId: 'updateSchedule', summary: 'Change, pause or resume a schedule' })
  @ApiHeader(IF_MATCH)
  @ApiOkResponse({ type: ScheduleDto })
  @ApiProblems(400, 404, 409, 412, 422)
  async update(
    @Param('schedule_id', ParseUUIDPipe) scheduleId: string,
    @Body() body: UpdateScheduleDto,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Record<string, unknown>> {
    if (body.deploy === true) assertScope(request, 'deploy');
    const change = { patch: patchOf(body), actor: actorOf(request), guard: guardOf(request), dryRun };
    return answer(response, await this.schedules.change(scheduleId, change));
  }

  @Delete(':schedule_id')
  @Requires('train')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'deleteSchedule',
    summary: 'Delete a schedule; its trainings and models stay',
  })
  @ApiHeader(IF_MATCH)
  @ApiNoContentResponse()
  @ApiProblems(400, 404, 412, 422)
  async remove(
    @Param('schedule_id', ParseUUIDPipe) scheduleId: string,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
  ): Promise<void> {
    await this.schedules.remove(scheduleId, actorOf(request), guardOf(request), dryRun);
  }

  @Post(':schedule_id/run')
  @Requires('train')
  @Idempotent()
  @HttpCode(202)
  @ApiOperation({ operationId: 'runSchedule', summary: 'Train now, whatever is new' })
  @ApiAcceptedResponse({ type: ScheduleTickDto })
  @ApiOkResponse({ type: ScheduleDto, description: 'A dry run: the schedule whose training would be queued' })
  @ApiProblems(400, 404, 409, 422)
  async run(
    @Param('schedule_id', ParseUUIDPipe) scheduleId: string,
    @Query() { dry_run: dryRun = false }: DryRunQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Record<string, unknown>> {
    const schedule = await this.schedules.get(scheduleId);
    if (schedule.deploy) assertScope(request, 'deploy');
    if (dryRun) {
      response.status(200);
      return answer(response, await this.schedules.view(schedule));
    }
    return tickJson(await this.schedules.run(schedule, new AbortController().signal));
  }
}

const tagOf = (schedule: Schedule): string => strongEtag([schedule.scheduleId, scheduleState(schedule)]);

function answer(response: Response, view: ScheduleView): Record<string, unknown> {
  response.setHeader('etag', tagOf(view.schedule));
  return scheduleJson(view);
}

/** Whoever changes a schedule that deploys must be allowed to deploy, and have seen it as it is. */
function guardOf(request: Request): ChangeGuard {
  return (current) => {
    if (current.deploy) assertScope(request, 'deploy');
    assertIfMatch(request, tagOf(current));
  };
}
