import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import { CurrentCaller, Loaders, Node, RequestLoaders } from '@tokenwarden/api';
import { AuditService } from '@tokenwarden/audit';
import { DirectoryViews } from '@tokenwarden/directory';
import { RunViews } from '@tokenwarden/housekeeping';
import { TokenViews } from '@tokenwarden/inventory';
import { ServiceAccountViews } from '@tokenwarden/service-accounts';
import { holds, OWN_SCOPES, type Caller } from '@tokenwarden/vocabulary';

/**
 * Any object by its id, as the room that owns it shows it to this caller. An id belongs to one kind of thing alone, for
 * what the directory brings is checked against the others at its sync. All rooms are asked, whatever it is of: that it is
 * of something hidden must not show in the time that the answer takes.
 */
@Resolver()
export class NodeResolver {
  constructor(
    private readonly tokens: TokenViews,
    private readonly directory: DirectoryViews,
    private readonly accounts: ServiceAccountViews,
    private readonly audit: AuditService,
    private readonly runs: RunViews,
  ) {}

  @Query(() => Node, { nullable: true, description: 'Any object that has an id, if the caller may see it.' })
  async node(
    @Args('id', { type: () => ID }) id: string,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ) {
    const found = await Promise.all([
      this.tokens.visibleToken(caller, id, loaders),
      this.directory.visibleUser(caller, id, loaders),
      this.directory.visibleGroup(caller, id, loaders),
      this.accounts.visibleAccount(caller, id, loaders),
      holds(caller, OWN_SCOPES.auditRead) ? this.audit.eventById(id) : undefined,
      holds(caller, OWN_SCOPES.housekeepingRun) ? this.runs.runById(id) : undefined,
    ]);
    return found.find((one) => one) ?? null;
  }
}
