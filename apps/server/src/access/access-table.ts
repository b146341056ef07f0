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
  'Query.expiryForecast': query(),
  'Query.inspectToken': query({ scope: OWN_SCOPES.tokensRead, refusedAs: 'token.inspected' }),
  'Query.resolveToken': query({ scope: OWN_SCOPES.tokensIntrospect }),
  'Query.serviceAccounts': query(),
  'Query.serviceAccount': query(),
  'Query.users': query(),
  'Query.groups': query(),
  'Query.policy': query({ scopeByToken: OWN_SCOPES.policyRead }),
  'Query.policyHistory': query({ scope: OWN_SCOPES.policyRead, isPrivileged: true }),
  'Query.policyImpact': query({ scope: OWN_SCOPES.policyRead }),
  'Query.auditEvents': query({ scope: OWN_SCOPES.auditRead, isPrivileged: true }),
  'Query.housekeepingTasks': query({ scope: OWN_SCOPES.housekeepingRun }),
  'Query.housekeepingRuns': query({ scope: OWN_SCOPES.housekeepingRun }),

  'Mutation.createUserToken': mutation('token.created', { credential: 'session' }),
  'Mutation.createServiceAccountToken': mutation('token.created', { credential: 'session' }),
  'Mutation.rotateToken': mutation('token.rotated', { scopeByToken: OWN_SCOPES.tokensRotateSelf }),
  'Mutation.updateToken': mutation('token.updated'),
  'Mutation.revokeToken': mutation('token.revoked'),
  'Mutation.revokeTokens': mutation('tokens.bulk-revoked', { scope: OWN_SCOPES.tokensRevoke }),
  'Mutation.suspendToken': mutation('token.suspended'),
  'Mutation.resumeToken': mutation('token.resumed'),
  'Mutation.createServiceAccount': mutation('service-account.created', {
    scope: OWN_SCOPES.serviceAccountsWrite,
  }),
  'Mutation.updateServiceAccount': mutation('service-account.updated', {
    scope: OWN_SCOPES.serviceAccountsWrite,
  }),
  'Mutation.suspendServiceAccount': mutation('service-account.suspended', {
    scope: OWN_SCOPES.serviceAccountsWrite,
  }),
  'Mutation.resumeServiceAccount': mutation('service-account.resumed', {
    scope: OWN_SCOPES.serviceAccountsWrite,
  }),
  'Mutation.deleteServiceAccount': mutation('service-account.deleted', {
    scope: OWN_SCOPES.serviceAccountsWrite,
  }),
  'Mutation.setGroupGrants': mutation('group.grants-set', { scope: OWN_SCOPES.directoryGrant }),
  'Mutation.updatePolicy': mutation('policy.updated', { scope: OWN_SCOPES.policyWrite }),
  'Mutation.acceptDirectoryChanges': mutation('directory.accepted', { scope: OWN_SCOPES.directoryAccept }),
  'Mutation.runHousekeeping': mutation('housekeeping.started', { scope: OWN_SCOPES.housekeepingRun }),

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
 * Fields that are computed by code of their own, each with what keeps it to the right eyes. Such a field is reached only
 * through an object that the room showed to this caller, and passes no guard of its own: what has no line here fails a test.
 */
export const COMPUTED_FIELDS: Readonly<Record<string, string>> = {
  'AccessToken.effectiveScopes':
    'Part of the token: whoever sees the token sees what it may do; empty of a foreign one.',
  'AccessToken.usable': 'Part of the token: yes or no, and nothing of its principal but that.',
  'AccessToken.unusableReason': 'Part of the token: a word of a closed list, no detail of its principal.',
  'AccessToken.lastUsedAt': 'Part of the token: whoever sees the token sees when it was used.',
  'AccessToken.lastUsedFrom':
    'Part of the token: whoever sees the token sees where it was used from; null of a foreign one.',
  'AccessToken.lastUsedAgent':
    'Part of the token: whoever sees the token sees what used it called itself; null of a foreign one.',
  'AccessToken.usage':
    'Part of the token: numbers of its uses, and nothing of what they were for; none of a foreign one.',
  'AccessToken.warnings':
    'Part of the token: when its owner is told of its end, and how many are; nobody is named.',
  'AccessToken.predecessor':
    'Null unless the caller sees that token: a token without tokens:read sees only itself.',
  'AccessToken.successor': 'As predecessor: null unless the caller sees that token.',
  'AccessToken.viewerCan':
    'Speaks of the caller only: what this very caller may do with a token that it sees.',
  'UserToken.owner':
    'Whoever sees a token sees its owner by id, names and state; the rest only if the owner is seen.',
  'ServiceAccountToken.serviceAccount':
    'Whoever sees a token sees its account by id, name and state; the rest only if the account is seen.',
  'PolicyImpact.tokens':
    'Asked with policy:read, of tokens of whomever: one that the caller does not see otherwise is foreign, and says less of itself.',
  'Actor.user':
    'Null unless the caller sees the user; the name that is always shown was kept with the event.',
  'Actor.serviceAccount': 'Null unless the caller sees the account; its name was kept with the event.',
  'User.groups': 'Empty unless the caller is that user or holds directory:read.',
  'User.permissions': 'Empty unless the caller is that user or holds directory:read.',
  'User.tokens': 'The list of tokens, narrowed to one owner: each token is there only if the caller sees it.',
  'Group.grants': 'Part of the group: whoever sees a group sees what it grants.',
  'Group.members':
    'Empty by token without directory:read; of others it shows id, names and state, no more without directory:read.',
  'Group.serviceAccounts': 'Each account is there only if the caller sees it.',
  'ServiceAccount.groups':
    'Each group is there only if the caller sees it; none where only the name is shown.',
  'ServiceAccount.permissions': 'Empty where only the id, name and state of the account are shown.',
  'ServiceAccount.members':
    'Those of the groups whose members the caller sees, with as much of each as Group.members shows.',
  'ServiceAccount.tokens':
    'The list of tokens, narrowed to one account: each token is there only if the caller sees it.',
  'ServiceAccount.recoverableUntil': 'Null where the caller does not see since when the account is orphaned.',
  'Viewer.user': 'The caller itself.',
  'Viewer.serviceAccount': 'The caller itself.',
  'Viewer.token': 'The very token of this request.',
};
