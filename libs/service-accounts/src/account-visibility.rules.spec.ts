import { describe, expect, it } from '@jest/globals';
import type { Caller } from '@tokenwarden/vocabulary';
import { isWithin, reachOf, seesAccount } from './account-visibility.rules.js';

function caller(facts: Partial<Caller> = {}): Caller {
  return {
    carrier: 'session',
    principal: { kind: 'USER', id: 'grace', name: 'grace' },
    groupIds: ['data'],
    permissions: [],
    tokenId: null,
    sessionId: null,
    endsAt: new Date('2026-01-01T00:00:00Z'),
    origin: { address: null, userAgent: null, requestId: null },
    ...facts,
  };
}
const token = caller({ carrier: 'token', tokenId: 't' });
const sees = (by: Caller, linked = ['data']) => isWithin(reachOf(by), 'etl', linked);

describe('who sees a service account', () => {
  it('in a session the members of one of its groups', () => {
    expect(sees(caller())).toBe(true);
    expect(sees(caller(), ['other'])).toBe(false);
    expect(sees(caller(), [])).toBe(false);
  });
  it('by token not even its members', () => expect(sees(token)).toBe(false));
  it('its own token, orphaned too', () =>
    expect(sees({ ...token, principal: { kind: 'SERVICE_ACCOUNT', id: 'etl', name: 'etl' } }, [])).toBe(
      true,
    ));
  it('no user who happens to have its id', () =>
    expect(sees({ ...token, principal: { kind: 'USER', id: 'etl', name: 'etl' } })).toBe(false));
  it.each(['service-accounts:write', 'directory:read', '*:*'])('whoever holds %s, also by token', (scope) =>
    expect(sees({ ...token, permissions: [scope] }, [])).toBe(true),
  );
});

describe('a caller whose membership is known', () => {
  it('sees the account as a member in a session, or with the scope', () => {
    expect(seesAccount(caller(), { isMember: true })).toBe(true);
    expect(seesAccount(caller(), { isMember: false })).toBe(false);
    expect(seesAccount(token, { isMember: true })).toBe(false);
    expect(seesAccount({ ...token, permissions: ['directory:read'] }, { isMember: false })).toBe(true);
  });
});
