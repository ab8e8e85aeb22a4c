import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import { decodeCursor, toPage, type Page } from '../http/page.js';
import { Requires } from '../http/requires.js';
import { moment } from './audit-moment.js';
import type { AuditEvent } from './audit-event.js';
import { AuditLogService } from './audit-log.service.js';
import { AuditPageDto, AuditQueryDto } from './audit.dto.js';

const SEQUENCE = /^[1-9]\d{0,14}$/;

@ApiTags('audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly log: AuditLogService) {}

  @Get()
  @Requires('admin')
  @ApiOperation({ operationId: 'listAuditEvents', summary: 'Who changed what, when and why; newest first' })
  @ApiOkResponse({ type: AuditPageDto })
  @ApiProblems(400, 422)
  async list(@Query() query: AuditQueryDto): Promise<Page<AuditEvent>> {
    const { limit, cursor, entity, entity_id: entityId, actor, action } = query;
    const position = decodeCursor(cursor, SEQUENCE);
    const events = await this.log.list({
      limit: limit + 1,
      ...{ entity, entityId, actor, action },
      since: moment(query.since, 'since'),
      until: moment(query.until, 'until'),
      before: position === undefined ? undefined : Number(position.id),
    });
    return toPage(
      events,
      limit,
      (event) => event,
      ({ at, sequence }) => ({ createdAt: at, id: String(sequence) }),
    );
  }
}
