import { Module } from '@nestjs/common';
import { IssuingModule } from '../issuing.module.js';
import { RotationResolver } from './rotation.resolver.js';
import { RotationService } from './rotation.service.js';

/** Successors of tokens. */
@Module({ imports: [IssuingModule], providers: [RotationService, RotationResolver] })
export class RotationModule {}
