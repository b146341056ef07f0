import { describe, expect, it } from '@jest/globals';
import { Problem, type Caller, type TokenAction } from '@tokenwarden/vocabulary';
import {
  actionsOn,
  requireRightTo,
  seesToken,
  standingOf,
  suspendsByScopeAlone,
  type Standing,
  type TokenInQuestion,
} from './token-actions.rules.js';

const now = new Date('2026-03-01T00:00:00Z');
const later = new Date('2026-03-02T00:00:00Z');
const active: TokenInQuestion = {
  id: '0b6c0f0e-3f4e-4a1e-9a51-000000000001',
  name: 'laptop',
  kind: 'USER',
  revokedAt: null,
  suspendedAt: null,
  suspendedWithScope: false,
  rotatedAt: null,
  endsAt: later,
};
const ofAccount: TokenInQuestion = { ...active, kind: 'SERVICE_ACCOUNT' };
const suspended: TokenInQuestion = { ...active, suspendedAt: now };

const owner: Standing = { owns: true, member: false };
const member: Standing = { owns: false, member: true };
const stranger: Standing = { owns: false, member: false };

function callerBy(carrier: 'session' | 'token', permissions: string[] = [], tokenId?: string): Caller {
  return {
    carrier,
    principal: { kind: 'USER', id: '0b6c0f0e-3f4e-4a1e-9a51-0000000000aa', name: 'grace' },
    groupIds: [],
    permissions,
    tokenId: carrier === 'token' ? (tokenId ?? '0b6c0f0e-3f4e-4a1e-9a51-0000000000ff') : null,
    sessionId: carrier === 'session' ? '0b6c0f0e-3f4e-4a1e-9a51-0000000000ee' : null,
    endsAt: later,
    origin: { address: null, userAgent: null, requestId: null },
  };
}
const inSession = callerBy('session');
const administrator = callerBy('session', ['*:*']);
const reader = callerBy('session', ['tokens:read']);
const revoker = callerBy('session', ['tokens:revoke']);
const itself = callerBy('token', [], active.id);

function refusal(action: TokenAction, token: TokenInQuestion, standing: Standing, caller: Caller): string {
  try {
    requireRightTo(action, token, standing, caller, now);
    return 'allowed';
  } catch (error) {
    return (error as Problem).code;
  }
}
const can = (
  token: TokenInQuestion,
  standing: Standing,
  caller: Caller,
  isPrincipalActive = true,
): TokenAction[] => actionsOn({ ...token, isPrincipalActive }, standing, caller, now);

describe('the standing to a token', () => {
  const [GRACE, ETL] = [inSession.principal.id, '0b6c0f0e-3f4e-4a1e-9a51-0000000000e7'];
  const managed = new Set([ETL]);
  const none = { owns: false, member: false };
  it('is that of its owner for a user token of the caller', () =>
    expect(standingOf({ kind: 'USER', principalId: GRACE }, inSession, managed)).toEqual(owner));
  it('is that of a member for a token of an account of its groups', () =>
    expect(standingOf({ kind: 'SERVICE_ACCOUNT', principalId: ETL }, inSession, managed)).toEqual(member));
  it('is none to what belongs to others', () => {
    expect(standingOf({ kind: 'USER', principalId: ETL }, inSession, managed)).toEqual(none);
    expect(standingOf({ kind: 'SERVICE_ACCOUNT', principalId: GRACE }, inSession, managed)).toEqual(none);
  });
  it('is none for a service account, to its own tokens neither', () => {
    const principal = { kind: 'SERVICE_ACCOUNT', id: ETL, name: 'etl' } as const;
    const account: Caller = { ...callerBy('token'), principal };
    expect(standingOf({ kind: 'SERVICE_ACCOUNT', principalId: ETL }, account, managed)).toEqual(none);
  });
});

describe('who sees a token', () => {
  it('its owner, in a session', () => expect(seesToken(active, owner, inSession)).toBe(true));
  it('a member, in a session', () => expect(seesToken(ofAccount, member, inSession)).toBe(true));
  it('whoever holds tokens:read', () => expect(seesToken(active, stranger, reader)).toBe(true));
  it('the token itself', () => expect(seesToken(active, owner, itself)).toBe(true));
  it('not another token of the same owner', () =>
    expect(seesToken(active, owner, callerBy('token'))).toBe(false));
  it('not a stranger', () => expect(seesToken(active, stranger, inSession)).toBe(false));
  it('not whoever holds another scope', () => expect(seesToken(active, stranger, revoker)).toBe(false));
});

describe('what may be done with a token now', () => {
  it('by its owner', () =>
    expect(can(active, owner, inSession)).toEqual(['UPDATE', 'ROTATE', 'SUSPEND', 'REVOKE']));
  it('by a member', () =>
    expect(can(ofAccount, member, inSession)).toEqual(['UPDATE', 'ROTATE', 'SUSPEND', 'REVOKE']));
  it('by an administrator who is no member', () =>
    expect(can(ofAccount, stranger, administrator)).toEqual(['SUSPEND', 'REVOKE']));
  it('by a mere reader: nothing', () => expect(can(active, stranger, reader)).toEqual([]));
  it('by itself', () => expect(can(active, owner, itself)).toEqual(['REVOKE']));
  it('by itself with tokens:rotate-self', () =>
    expect(can(active, owner, callerBy('token', ['tokens:rotate-self'], active.id))).toEqual([
      'ROTATE',
      'REVOKE',
    ]));
  it('by another token with tokens:rotate-self: nothing', () =>
    expect(can(active, owner, callerBy('token', ['tokens:rotate-self']))).toEqual([]));
  it('once it has a successor', () =>
    expect(can({ ...active, rotatedAt: now }, owner, inSession)).toEqual(['UPDATE', 'SUSPEND', 'REVOKE']));
  it('by a stranger: nothing', () => expect(can(active, stranger, inSession)).toEqual([]));
  it('while it is suspended', () =>
    expect(can(suspended, owner, inSession)).toEqual(['UPDATE', 'RESUME', 'REVOKE']));
  it('while its principal is not active', () => {
    expect(can(active, owner, inSession, false)).toEqual(['UPDATE', 'SUSPEND', 'REVOKE']);
    expect(can(suspended, owner, inSession, false)).toEqual(['UPDATE', 'REVOKE']);
  });
  it('once it has expired', () =>
    expect(can({ ...suspended, endsAt: now }, owner, inSession)).toEqual(['UPDATE', 'REVOKE']));
  it('once it is revoked', () =>
    expect(can({ ...active, revokedAt: now }, owner, inSession)).toEqual(['UPDATE']));
});

describe('a suspension made by the scope tokens:revoke alone', () => {
  const byScope = { ...suspended, suspendedWithScope: true };
  it('is one by an administrator who could not manage the token', () =>
    expect(suspendsByScopeAlone(stranger, administrator)).toBe(true));
  it('is none by an administrator who owns it', () =>
    expect(suspendsByScopeAlone(owner, administrator)).toBe(false));
  it('is one by a token, whoever owns both', () =>
    expect(suspendsByScopeAlone(owner, callerBy('token', ['tokens:revoke']))).toBe(true));
  it('is not lifted by the owner', () =>
    expect(refusal('RESUME', byScope, owner, inSession)).toBe('FORBIDDEN'));
  it('is no question of rights once the token has ended: that it has is what its owner is told', () => {
    expect(refusal('RESUME', { ...byScope, endsAt: now }, owner, inSession)).toBe('allowed');
    expect(refusal('RESUME', { ...byScope, revokedAt: now }, owner, inSession)).toBe('allowed');
    expect(refusal('RESUME', { ...byScope, endsAt: now }, stranger, inSession)).toBe('NOT_FOUND');
    expect(refusal('RESUME', { ...byScope, endsAt: now }, stranger, reader)).toBe('FORBIDDEN');
  });
  it('is not offered to the owner', () =>
    expect(can(byScope, owner, inSession)).toEqual(['UPDATE', 'REVOKE']));
  it('is lifted by whoever holds the scope', () =>
    expect(refusal('RESUME', byScope, stranger, administrator)).toBe('allowed'));
});

describe('the answer to a refused attempt', () => {
  it('is NOT_FOUND where the token is not seen', () => {
    for (const action of ['UPDATE', 'ROTATE', 'SUSPEND', 'RESUME', 'REVOKE'] as const)
      expect(refusal(action, active, stranger, inSession)).toBe('NOT_FOUND');
  });
  it('keeps the hidden token for the trail', () => {
    try {
      requireRightTo('REVOKE', active, stranger, inSession, now);
    } catch (error) {
      expect((error as Problem).refusedTarget).toEqual({ type: 'token', id: active.id, name: 'laptop' });
    }
    expect.assertions(1);
  });
  it('is NOT_A_MEMBER for an administrator changing or rotating a service-account token', () => {
    expect(refusal('UPDATE', ofAccount, stranger, administrator)).toBe('NOT_A_MEMBER');
    expect(refusal('ROTATE', ofAccount, stranger, administrator)).toBe('NOT_A_MEMBER');
  });
  it('is FORBIDDEN for an administrator changing or rotating a user token', () => {
    expect(refusal('UPDATE', active, stranger, administrator)).toBe('FORBIDDEN');
    expect(refusal('ROTATE', active, stranger, administrator)).toBe('FORBIDDEN');
  });
  it('is FORBIDDEN for a token rotating itself without the scope for that', () =>
    expect(refusal('ROTATE', active, owner, itself)).toBe('FORBIDDEN'));
  it('is FORBIDDEN for a reader revoking', () =>
    expect(refusal('REVOKE', active, stranger, reader)).toBe('FORBIDDEN'));
  it('is FORBIDDEN for a token suspending or changing itself', () => {
    expect(refusal('SUSPEND', active, owner, itself)).toBe('FORBIDDEN');
    expect(refusal('UPDATE', active, owner, itself)).toBe('FORBIDDEN');
    expect(refusal('UPDATE', { ...ofAccount, id: active.id }, stranger, itself)).toBe('FORBIDDEN');
  });
  it('is none for a token revoking itself', () =>
    expect(refusal('REVOKE', active, owner, itself)).toBe('allowed'));
  it('is none for tokens:revoke without tokens:read', () =>
    expect(refusal('REVOKE', active, stranger, revoker)).toBe('allowed'));
  it('is NOT_FOUND for a token of the owner without the scope', () =>
    expect(refusal('REVOKE', active, owner, callerBy('token'))).toBe('NOT_FOUND'));
});
