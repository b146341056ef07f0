import { describe, expect, it } from '@jest/globals';
import type { Caller } from '@tokenwarden/vocabulary';
import { seesGroup, seesMembers, viewInLists, viewOfUser } from './visibility.rules.js';

const OWN = { id: 'own', state: 'ACTIVE' } as const;
const FOREIGN = { id: 'foreign', state: 'ACTIVE' } as const;
const GONE = { id: 'own', state: 'REMOVED' } as const;

function caller(facts: Partial<Caller> = {}): Caller {
  return {
    carrier: 'session',
    principal: { kind: 'USER', id: 'ada', name: 'ada' },
    groupIds: ['own'],
    permissions: [],
    tokenId: null,
    sessionId: null,
    endsAt: new Date('2026-01-01T00:00:00Z'),
    origin: { address: null, userAgent: null, requestId: null },
    ...facts,
  };
}
const reader = caller({ permissions: ['directory:read'] });
const token = caller({ carrier: 'token', tokenId: 't' });
const account = caller({
  carrier: 'token',
  tokenId: 't',
  principal: { kind: 'SERVICE_ACCOUNT', id: 'etl', name: 'etl' },
});

describe('who sees a user', () => {
  it('everybody themselves, wholly, also by token', () => {
    expect(viewOfUser(caller(), 'ada', false)).toBe('whole');
    expect(viewOfUser(token, 'ada', false)).toBe('whole');
  });
  it('in a session the members of the same groups, by name only', () => {
    expect(viewOfUser(caller(), 'grace', true)).toBe('named');
    expect(viewOfUser(caller(), 'grace', false)).toBeUndefined();
  });
  it('by token nobody else', () => {
    expect(viewOfUser(token, 'grace', true)).toBeUndefined();
    expect(viewOfUser(account, 'grace', true)).toBeUndefined();
  });
  it('no account takes a user for itself, whatever the id', () =>
    expect(viewOfUser(account, 'etl', false)).toBeUndefined());
  it('directory:read sees everybody, also by token', () => {
    expect(viewOfUser(reader, 'grace', false)).toBe('whole');
    expect(viewOfUser({ ...account, permissions: ['*:*'] }, 'grace', false)).toBe('whole');
  });
});

describe('a user in a list', () => {
  it('is shown wholly to themselves and with directory:read, to others by name', () => {
    expect(viewInLists(caller(), 'ada')).toBe('whole');
    expect(viewInLists(reader, 'grace')).toBe('whole');
    expect(viewInLists(caller(), 'grace')).toBe('named');
  });
});

describe('who sees a group', () => {
  it('whoever is in it, also by token', () => {
    expect(seesGroup(caller(), OWN)).toBe(true);
    expect(seesGroup(account, OWN)).toBe(true);
    expect(seesGroup(caller(), FOREIGN)).toBe(false);
  });
  it('its members only in a session, or with directory:read', () => {
    expect(seesMembers(caller(), 'own')).toBe(true);
    expect(seesMembers(token, 'own')).toBe(false);
    expect(seesMembers({ ...token, permissions: ['directory:read'] }, 'foreign')).toBe(true);
  });
  it('a removed one only with directory:read', () => {
    expect(seesGroup(caller(), GONE)).toBe(false);
    expect(seesGroup(reader, GONE)).toBe(true);
  });
});
