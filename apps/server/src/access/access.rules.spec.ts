import { describe, expect, it } from '@jest/globals';
import { alreadyRotated, forbidden, tokenNotActive, type Caller } from '@tokenwarden/vocabulary';
import { accessTo, refusedAction, requireAccess } from './access.rules.js';
import type { Access } from './access-table.js';

const caller = (carrier: Caller['carrier'], ...permissions: string[]): Caller => ({
  carrier,
  principal: { kind: 'USER', id: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01', name: 'ada' },
  groupIds: [],
  permissions,
  tokenId: carrier === 'token' ? '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a0f' : null,
  sessionId: null,
  endsAt: new Date('2026-03-01T00:00:00Z'),
  origin: { address: null, userAgent: null, requestId: null },
});
const access = (needs: Partial<Access>): Access => ({
  credential: 'either',
  refusedAs: 'authorization.refused',
  isPrivileged: false,
  ...needs,
});
const codeOf = (needs: Access | undefined, who: Caller | undefined): string => {
  try {
    requireAccess(needs, who);
    return 'LET IN';
  } catch (problem) {
    return (problem as { code: string }).code;
  }
};

describe('the way to an operation', () => {
  it('is closed to everybody where the table has no line', () => {
    expect(accessTo('Mutation.mintEverything')).toBeUndefined();
    expect(accessTo('constructor')).toBeUndefined();
    expect(codeOf(undefined, caller('session', '*:*'))).toBe('FORBIDDEN');
  });
  it('is open to strangers only where the table says none', () => {
    expect(codeOf(access({ credential: 'none' }), undefined)).toBe('LET IN');
    expect(codeOf(access({}), undefined)).toBe('UNAUTHENTICATED');
  });
  it('needs a session where the table says so, whatever a token may do', () => {
    expect(codeOf(access({ credential: 'session' }), caller('session'))).toBe('LET IN');
    expect(codeOf(access({ credential: 'session' }), caller('token', '*:*'))).toBe('FORBIDDEN');
  });
  it('needs the scope in a session and by token', () => {
    for (const carrier of ['session', 'token'] as const) {
      expect(codeOf(access({ scope: 'audit:read' }), caller(carrier, 'audit:*'))).toBe('LET IN');
      expect(codeOf(access({ scope: 'audit:read' }), caller(carrier, 'tokens:*'))).toBe('FORBIDDEN');
    }
  });
  it('needs a scope by token alone where the table says that', () => {
    expect(codeOf(access({ scopeByToken: 'policy:read' }), caller('session'))).toBe('LET IN');
    expect(codeOf(access({ scopeByToken: 'policy:read' }), caller('token'))).toBe('FORBIDDEN');
    expect(codeOf(access({ scopeByToken: 'policy:read' }), caller('token', 'policy:read'))).toBe('LET IN');
  });
});

describe('a refusal', () => {
  const refusedAs = 'token.revoked' as const;
  const actionOf = (needs: Partial<Access>, carrier: Caller['carrier'], problem = forbidden('No.')) =>
    refusedAction(access({ refusedAs, ...needs }), caller(carrier), problem);

  it('is recorded by token always, in a session where the operation is privileged', () => {
    expect(actionOf({}, 'token')).toBe(refusedAs);
    expect(actionOf({}, 'session')).toBeUndefined();
    expect(actionOf({ isPrivileged: true }, 'session')).toBe(refusedAs);
  });
  it('is one for want of a right: what cannot be done is no attempt', () =>
    expect(actionOf({ isPrivileged: true }, 'token', tokenNotActive('No.'))).toBeUndefined());
  it('is a reuse where the token was rotated already, by token and in a session', () => {
    for (const carrier of ['token', 'session'] as const) {
      expect(actionOf({}, carrier, alreadyRotated())).toBe('token.rotation-reuse');
    }
  });
});
