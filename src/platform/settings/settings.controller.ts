import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { APP_CONFIG } from '../config/app-config.js';
import type { ResolvedConfig } from '../config/load-config.js';
import { listKeys } from '../config/schema-tree.js';
import { strongEtag } from '../http/etag.js';
import { Requires } from '../http/requires.js';
import { effectiveSettings, type Setting } from './effective-settings.js';

class SettingDto implements Setting {
  @ApiProperty({ example: 'model.n_estimators' })
  key: string;

  @ApiProperty({
    description: 'As it is in effect; *** for a secret that is set',
    oneOf: [
      { type: 'string' },
      { type: 'number' },
      { type: 'boolean' },
      { type: 'array', items: {} },
      { type: 'object', additionalProperties: true },
      { type: 'null' },
    ],
  })
  value: unknown;

  @ApiProperty({ description: 'File, variable or option that set it; "default" = nobody did' })
  source: string;

  @ApiProperty()
  meaning: string;

  @ApiProperty({ description: 'What a value must be' })
  expected: string;
}

class SettingsDto {
  @ApiProperty({ description: 'SHA-256 of everything that shapes a model; recorded with every run' })
  config_hash: string;

  @ApiProperty({ type: [String], description: 'Settings without effect' })
  warnings: string[];

  @ApiProperty({ type: [SettingDto] })
  items: SettingDto[];
}

/** The configuration of this process. It is changed in its files and the environment, not over the network. */
@ApiTags('settings')
@Controller('settings')
export class SettingsController {
  constructor(@Inject(APP_CONFIG) private readonly config: ResolvedConfig) {}

  @Get()
  @Requires('read')
  @ApiOperation({
    operationId: 'getSettings',
    summary: 'The effective configuration, and where each value is from',
  })
  @ApiOkResponse({ type: SettingsDto })
  get(@Res({ passthrough: true }) response: Response): SettingsDto {
    const { hash, warnings } = this.config;
    const answer = {
      config_hash: hash,
      warnings: [...warnings],
      items: effectiveSettings(this.config, listKeys()),
    };
    response.setHeader('etag', strongEtag(answer));
    return answer;
  }
}
