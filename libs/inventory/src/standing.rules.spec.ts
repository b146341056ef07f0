import { describe, expect, it } from '@jest/globals';
import type { Caller } from '@tokenwarden/vocabulary';
import { reachOf } from './standing.rules.js';

const ADA = '00000000-0000-4000-8000-00000000000a';
const ETL = '00000000-0000-4000-8000-00000000000e';
const session: Caller = {
  carrier: 'session',
  principal: { kind: 'USER', id: ADA, name: 'ada' },
  groupIds: [],
  permissions: [],
  tokenId: null,
  sessionId: 's',
  endsAt: new Date(0),
  origin: { address: null, userAgent: null, requestId: null },
};
const byToken: Caller = { ...session, carrier: 'token', tokenId: 't', sessionId: null };
const account: Caller = { ...byToken, principal: { kind: 'SERVICE_ACCOUNT', id: ETL, name: 'etl' } };
const managed = new Set([ETL]);

describe('the reach of a list', () => {
  it('is everything with tokens:read, in a session and by token', () => {
    expect(reachOf({ ...session, permissions: ['tokens:read'] }, managed)).toBe('all');
    expect(reachOf({ ...account, permissions: ['*:*'] }, new Set())).toBe('all');
  });
  it("is one's own and that of one's accounts in a session", () =>
    expect(reachOf({ ...session, permissions: ['tokens:revoke'] }, managed)).toEqual({
      principalIds: [ADA, ETL],
    }));
  it('is the token itself by token', () => expect(reachOf(byToken, managed)).toEqual({ tokenId: 't' }));
});
