import { Args, Query, Resolver } from '@nestjs/graphql';
import { ForwardPageArgs } from '@tokenwarden/api';
import { AuditEventFilter } from './audit-event.inputs.js';
import { AuditEventConnection } from './audit-event.type.js';
import { AuditService } from './audit.service.js';

/** The trail in GraphQL. */
@Resolver()
export class AuditResolver {
  constructor(private readonly audit: AuditService) {}

  /** Newest first. */
  @Query(() => AuditEventConnection, { description: 'The audit trail, newest first. Needs audit:read.' })
  auditEvents(
    @Args() page: ForwardPageArgs,
    @Args('filter', { type: () => AuditEventFilter, nullable: true }) filter?: AuditEventFilter,
  ) {
    return this.audit.eventsOnPage(page, filter ?? new AuditEventFilter());
  }
}
