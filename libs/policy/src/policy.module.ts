import { Module } from '@nestjs/common';
import { CapWriter } from './caps/cap-writer.js';
import { PolicyResolver } from './policy.resolver.js';
import { PolicyService } from './policy.service.js';

/** The policy and its GraphQL, and what writes the caps of its changes. */
@Module({ providers: [PolicyService, CapWriter, PolicyResolver] })
export class PolicyModule {}
