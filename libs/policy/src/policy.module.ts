import { Module } from '@nestjs/common';
import { PolicyResolver } from './policy.resolver.js';
import { PolicyService } from './policy.service.js';

/** The policy and its GraphQL. */
@Module({ providers: [PolicyService, PolicyResolver] })
export class PolicyModule {}
