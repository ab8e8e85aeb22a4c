import { Module } from '@nestjs/common';
import { FeatureExtractionService } from './feature-extraction.service.js';
import { FeatureTableService } from './feature-table.service.js';

@Module({
  providers: [FeatureExtractionService, FeatureTableService],
  exports: [FeatureExtractionService, FeatureTableService],
})
export class FeaturesModule {}
