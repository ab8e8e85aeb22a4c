import { Module } from '@nestjs/common';
import { EvaluationService } from './evaluation.service.js';
import { LabelsService } from './labels.service.js';

@Module({ providers: [EvaluationService, LabelsService], exports: [EvaluationService, LabelsService] })
export class EvaluationModule {}
