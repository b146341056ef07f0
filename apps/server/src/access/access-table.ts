import type { AuditAction } from '@tokenwarden/audit';
import { OWN_SCOPES, type Scope } from '@tokenwarden/vocabulary';

/** What one operation needs before it is reached. What depends on its target is decided by its room. */
export interface Access {
  /** `none`: open to everybody, credentials are not looked at. `session`: an access token is refused (rule 7). */
  readonly credential: 'none' | 'either' | 'session';
  /** Needed whatever the target is. */
  readonly scope?: Scope;
  /** Needed only by access token: in a session everybody may. */
  readonly scopeByToken?: Scope;
  /** What a refused attempt is called in the audit trail. */
  readonly refusedAs: AuditAction;
  /** Whether a refusal in a session is recorded; by access token every one is. */
  readonly isPrivileged: boolean;
}

const query = (needs: Partial<Access> = {}): Access => ({
  credential: 'either',
  refusedAs: 'authorization.refused',
  isPrivileged: false,
  ...needs,
});
const mutation = (refusedAs: AuditAction, needs: Partial<Access> = {}): Access => ({
  credential: 'either',
  refusedAs,
  isPrivileged: true,
  ...needs,
});
const open: Access = { credential: 'none', refusedAs: 'authorization.refused', isPrivileged: false };

/**
 * Who may call what: every root field of GraphQL and every HTTP route that Nest serves. What has no line here is
 * refused, and a test fails. `/oauth2/…` authenticates its callers itself, by OAuth's rules.
 */
export const ACCESS: Readonly<Record<string, Access>> = {
  'Query.viewer': query(),
  'Query.node': query(),
  'Query.tokens': query(),
  'Query.token': query(),
  'Query.inspectToken': query({ scope: OWN_SCOPES.tokensRead, refusedAs: 'token.inspected' }),
  'Query.resolveToken': query({ scope: OWN_SCOPES.tokensIntrospect }),
  'Query.serviceAccounts': query(),
  'Query.serviceAccount': query(),
  'Query.users': query(),
  'Query.groups': query(),
  'Query.policy': query({ scopeByToken: OWN_SCOPES.policyRead }),
  'Query.auditEvents': query({ scope: OWN_SCOPES.auditRead, isPrivileged: true }),

  'Mutation.createUserToken': mutation('token.created', { credential: 'session' }),
  'Mutation.createServiceAccountToken': mutation('token.created', { credential: 'session' }),
  'Mutation.updateToken': mutation('token.updated'),
  'Mutation.revokeToken': mutation('token.revoked'),
  'Mutation.suspendToken': mutation('token.suspended'),
  'Mutation.resumeToken': mutation('token.resumed'),
  'Mutation.createServiceAccount': mutation('service-account.created', {
    scope: OWN_SCOPES.serviceAccountsWrite,
  }),
  'Mutation.setGroupGrants': mutation('group.grants-set', { scope: OWN_SCOPES.directoryGrant }),

  'POST /session': open,
  // Ends whatever credential it is sent, a dead one too: it looks for itself.
  'DELETE /session': open,
  'GET /audit/events.ndjson': query({ scope: OWN_SCOPES.auditRead, isPrivileged: true }),
  'GET /.well-known/jwks.json': open,
  'GET /.well-known/oauth-authorization-server': open,
  'GET /.well-known/openid-configuration': open,
  'GET /health/live': open,
  'GET /health/ready': open,
  'GET /metrics': open,
};

/**
 * Fields that are computed by code of their own, each with what keeps it to the right eyes. A field resolver is
 * reached only through an object that its caller may see; those below narrow further or are public facts of it.
 */
export const COMPUTED_FIELDS: Readonly<Record<string, string>> = {};
