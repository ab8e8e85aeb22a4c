import { Module } from '@nestjs/common';
import { DeploymentTargets } from './deployment-targets.js';
import { DeploymentRepository } from './deployment.repository.js';
import { DeploymentService } from './deployment.service.js';
import { PackageService } from './package.service.js';

@Module({
  providers: [DeploymentTargets, DeploymentRepository, DeploymentService, PackageService],
  exports: [DeploymentService, PackageService],
})
export class DeploymentModule {}
