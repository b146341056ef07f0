import { Module } from '@nestjs/common';
import { CapWriter } from './caps/cap-writer.js';
import { PolicyChangeService } from './change/policy-change.service.js';
import { PolicyHistoryService } from './history/policy-history.service.js';
import { ImpactResolver } from './impact/impact.resolver.js';
import { PolicyImpactService } from './impact/policy-impact.service.js';
import { PolicyResolver } from './policy.resolver.js';
import { PolicyService } from './policy.service.js';
import { WarningsResolver } from './warnings/warnings.resolver.js';

/** The policy, its changes, their impact and its history, with their GraphQL; and what writes the caps of its changes. */
@Module({
  providers: [
    PolicyService,
    PolicyChangeService,
    PolicyHistoryService,
    PolicyImpactService,
    CapWriter,
    PolicyResolver,
    ImpactResolver,
    WarningsResolver,
  ],
})
export class PolicyModule {}
