import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import { CurrentCaller, Loaders, Node, RequestLoaders } from '@tokenwarden/api';
import { AuditService } from '@tokenwarden/audit';
import { Database, rows } from '@tokenwarden/database';
import { DirectoryViews } from '@tokenwarden/directory';
import { TokenViews } from '@tokenwarden/inventory';
import { ServiceAccountViews } from '@tokenwarden/service-accounts';
import { holds, isIdentifier, OWN_SCOPES, type Caller } from '@tokenwarden/vocabulary';

type NodeKind = 'token' | 'user' | 'group' | 'service-account' | 'audit-event';

// An id belongs to one kind of thing alone: what the directory brings is checked against the others at its sync.
const KIND_OF_ID = `
  SELECT 'token' AS kind FROM access_tokens WHERE id = $1
  UNION ALL SELECT 'user' FROM users WHERE id = $1
  UNION ALL SELECT 'group' FROM groups WHERE id = $1
  UNION ALL SELECT 'service-account' FROM service_accounts WHERE id = $1
  UNION ALL SELECT 'audit-event' FROM audit_events WHERE id = $1
  UNION ALL SELECT 'audit-event' FROM audit_pending_events WHERE id = $1
  LIMIT 1`;

/** Any object by its id, as the room that owns it shows it to this caller. */
@Resolver()
export class NodeResolver {
  constructor(
    private readonly database: Database,
    private readonly tokens: TokenViews,
    private readonly directory: DirectoryViews,
    private readonly accounts: ServiceAccountViews,
    private readonly audit: AuditService,
  ) {}

  @Query(() => Node, { nullable: true, description: 'Any object that has an id, if the caller may see it.' })
  async node(
    @Args('id', { type: () => ID }) id: string,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ) {
    switch (await this.kindOf(id)) {
      case 'token':
        return this.tokens.visibleToken(caller, id, loaders);
      case 'user':
        return this.directory.visibleUser(caller, id, loaders);
      case 'group':
        return this.directory.visibleGroup(caller, id, loaders);
      case 'service-account':
        return this.accounts.visibleAccount(caller, id, loaders);
      case 'audit-event':
        return holds(caller, OWN_SCOPES.auditRead) ? ((await this.audit.eventById(id)) ?? null) : null;
      case undefined:
        return null;
    }
  }

  private async kindOf(id: string): Promise<NodeKind | undefined> {
    if (!isIdentifier(id)) return undefined;
    const [found] = await this.database.read((tx) => rows<{ kind: NodeKind }>(tx, KIND_OF_ID, [id]));
    return found?.kind;
  }
}
