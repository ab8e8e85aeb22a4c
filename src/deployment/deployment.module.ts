import { Module } from '@nestjs/common';
import { DeploymentTargets } from './deployment-targets.js';
import { DeploymentRepository } from './deployment.repository.js';
import { DeploymentService } from './deployment.service.js';

@Module({
  providers: [DeploymentTargets, DeploymentRepository, DeploymentService],
  exports: [DeploymentService],
})
export class DeploymentModule {}
