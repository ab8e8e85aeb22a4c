import { Module } from '@nestjs/common';
import { FeatureExtractionService } from './feature-extraction.service.js';

@Module({ providers: [FeatureExtractionService], exports: [FeatureExtractionService] })
export class FeaturesModule {}
