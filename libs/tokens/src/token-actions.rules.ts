import {
  OWN_SCOPES,
  forbidden,
  holds,
  notAMember,
  notFound,
  scopeMissing,
  type Caller,
  type Problem,
  type Target,
  type TokenAction,
  type TokenKind,
} from '@tokenwarden/vocabulary';
import { isLive, statusOf, type StatusFacts } from './token-status.rules.js';

/** What these rules need to know of a token; an AccessTokenEntity has it all. */
export interface TokenInQuestion extends StatusFacts {
  readonly id: string;
  readonly name: string;
  readonly kind: TokenKind;
  readonly suspendedWithScope: boolean;
  /** When it got a successor; null where it never did. */
  readonly rotatedAt: Date | null;
}

/**
 * How the caller's principal stands to a token, whatever it came with: `owns` a user token as its user, `member` of a
 * service-account token as a user in one of the account's groups now. Both false for everybody else.
 */
export interface Standing {
  readonly owns: boolean;
  readonly member: boolean;
}

/** Whose a token is. */
export interface Belonging {
  readonly kind: TokenKind;
  readonly principalId: string;
}

/**
 * How the caller stands to a token: it owns a user token as its user, and is a member as a user in one of the groups of
 * the account. `managedAccountIds` are the accounts of the caller's groups now.
 */
export function standingOf(
  token: Belonging,
  caller: Caller,
  managedAccountIds: ReadonlySet<string>,
): Standing {
  const isUser = caller.principal.kind === 'USER';
  return {
    owns: isUser && token.kind === 'USER' && token.principalId === caller.principal.id,
    member: isUser && token.kind === 'SERVICE_ACCOUNT' && managedAccountIds.has(token.principalId),
  };
}

/** One's own, or of one's groups' accounts, and in a session: by token "one's own things" shrink to the token itself. */
function manages(standing: Standing, caller: Caller): boolean {
  return caller.carrier === 'session' && (standing.owns || standing.member);
}

/** May the caller see this token? Whoever may not is answered as if it did not exist. */
export function seesToken(token: { readonly id: string }, standing: Standing, caller: Caller): boolean {
  return caller.tokenId === token.id || manages(standing, caller) || holds(caller, OWN_SCOPES.tokensRead);
}

/**
 * Has the caller the right to do this to the token? Its status is asked elsewhere, but for one thing: what suspends a token
 * that has ended keeps nobody from it any more.
 */
export function hasRightTo(
  action: TokenAction,
  token: TokenInQuestion,
  standing: Standing,
  caller: Caller,
  now: Date,
): boolean {
  const withScope = holds(caller, OWN_SCOPES.tokensRevoke);
  switch (action) {
    case 'UPDATE':
      return manages(standing, caller);
    case 'ROTATE':
      return manages(standing, caller) || rotatesItself(token, caller);
    case 'SUSPEND':
      return manages(standing, caller) || withScope;
    case 'RESUME':
      return withScope || (manages(standing, caller) && !isHeldByScope(token, now));
    case 'REVOKE':
      return manages(standing, caller) || withScope || caller.tokenId === token.id;
  }
}

/** Suspended so that only the scope lifts it; once it has ended, nothing is there to be lifted. */
function isHeldByScope(token: TokenInQuestion, now: Date): boolean {
  return token.suspendedWithScope && isLive(token, now);
}

/** A token makes no tokens (rule 7), but for its own successor where it holds the scope for that. */
function rotatesItself(token: { readonly id: string }, caller: Caller): boolean {
  return caller.tokenId === token.id && holds(caller, OWN_SCOPES.tokensRotateSelf);
}

/**
 * Whether a suspension by this caller rests on `tokens:revoke` alone: then nobody lifts it without that scope, the
 * owner neither.
 */
export function suspendsByScopeAlone(standing: Standing, caller: Caller): boolean {
  return !manages(standing, caller);
}

/**
 * What the caller may do with the token now, in the order of the enum; empty for whoever does not see it. A token of a
 * principal who is not active is neither rotated nor resumed.
 */
export function actionsOn(
  token: TokenInQuestion & { readonly isPrincipalActive: boolean },
  standing: Standing,
  caller: Caller,
  now: Date,
): TokenAction[] {
  if (!seesToken(token, standing, caller)) return [];
  const status = statusOf(token, now);
  const sensible: TokenAction[] = ['UPDATE'];
  const { isPrincipalActive } = token;
  if (status === 'ACTIVE' && token.rotatedAt === null && isPrincipalActive) sensible.push('ROTATE');
  if (status === 'ACTIVE') sensible.push('SUSPEND');
  if (status === 'SUSPENDED' && isPrincipalActive) sensible.push('RESUME');
  if (status !== 'REVOKED') sensible.push('REVOKE');
  return sensible.filter((action) => hasRightTo(action, token, standing, caller, now));
}

/**
 * Returns when the caller may do this to the token at `now`; whether the token's status allows it is not asked here.
 * `tokens:revoke` reaches every token, also by a caller that could not read it; everybody else must see the token first.
 * @throws Problem `NOT_FOUND` on `id` when the caller does not see it, `NOT_A_MEMBER` when only members may (rule 6),
 * else `FORBIDDEN`
 */
export function requireRightTo(
  action: TokenAction,
  token: TokenInQuestion,
  standing: Standing,
  caller: Caller,
  now: Date,
): void {
  if (hasRightTo(action, token, standing, caller, now)) return;
  const target: Target = { type: 'token', id: token.id, name: token.name };
  if (!seesToken(token, standing, caller)) throw notFound('id', { hidden: target });
  if (action === 'UPDATE' || action === 'ROTATE') throw refusalToManage(token, caller, target);
  if (action === 'RESUME' && manages(standing, caller)) {
    throw forbidden(
      `It was suspended by somebody with the scope "${OWN_SCOPES.tokensRevoke}"; only such a caller lifts that.`,
      { target },
    );
  }
  throw scopeMissing(OWN_SCOPES.tokensRevoke, { target });
}

function refusalToManage(token: TokenInQuestion, caller: Caller, target: Target): Problem {
  if (caller.carrier === 'token') {
    return forbidden(
      `No access token changes a token; sign in for that. With "${OWN_SCOPES.tokensRotateSelf}" it rotates itself.`,
      { target },
    );
  }
  return token.kind === 'SERVICE_ACCOUNT'
    ? notAMember(undefined, { target })
    : forbidden('Only its owner may change or rotate this token.', { target });
}
