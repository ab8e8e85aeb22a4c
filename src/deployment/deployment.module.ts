import { Module } from '@nestjs/common';
import { DeploymentRepository } from './deployment.repository.js';
import { DeploymentService } from './deployment.service.js';

@Module({ providers: [DeploymentRepository, DeploymentService], exports: [DeploymentService] })
export class DeploymentModule {}
