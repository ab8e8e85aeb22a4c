import { Module } from '@nestjs/common';
import { ApiKeysController } from './api-keys.controller.js';

/** Routes of the keys; the commands do without. */
@Module({ controllers: [ApiKeysController] })
export class ApiKeysHttpModule {}
