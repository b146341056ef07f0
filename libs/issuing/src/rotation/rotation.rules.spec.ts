import { describe, expect, it } from '@jest/globals';
import type { Caller, Problem } from '@tokenwarden/vocabulary';
import {
  checkRotation,
  endAfterOverlap,
  requireItself,
  requireRotatable,
  successorScopes,
  type RotatedToken,
} from './rotation.rules.js';

const now = new Date('2026-03-01T00:00:00.500Z');
const token: RotatedToken = {
  id: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01',
  name: 'laptop',
  scopes: null,
  endsAt: new Date('2026-03-08T00:00:00Z'),
  suspendedAt: null,
  revokedAt: null,
  rotatedAt: null,
};
const other = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a02';
const past = new Date('2026-02-01T00:00:00Z');

const problemOf = (work: () => unknown): Partial<Problem> => {
  try {
    work();
  } catch (problem) {
    const { code, field, refusedTarget } = problem as Problem;
    return { code, field, refusedTarget };
  }
  return {};
};
const target = { type: 'token', id: token.id, name: 'laptop' } as const;

describe('a token may be rotated', () => {
  const refusalOf = (facts: Partial<RotatedToken>, at = now) =>
    problemOf(() => requireRotatable({ ...token, ...facts }, at)).code;

  it('while it is ACTIVE, up to the moment of its end', () => {
    expect(refusalOf({})).toBeUndefined();
    expect(refusalOf({}, new Date('2026-03-07T23:59:59.999Z'))).toBeUndefined();
    expect(refusalOf({}, token.endsAt)).toBe('TOKEN_NOT_ACTIVE');
  });
  it('not once it is revoked, nor while it is suspended', () => {
    expect(refusalOf({ revokedAt: past })).toBe('TOKEN_NOT_ACTIVE');
    expect(refusalOf({ suspendedAt: past })).toBe('TOKEN_NOT_ACTIVE');
  });
  it('once: a second time it is told so, whatever became of it, and the trail knows which it was', () => {
    for (const facts of [{}, { suspendedAt: past }, { revokedAt: past }, { endsAt: past }]) {
      expect(problemOf(() => requireRotatable({ ...token, rotatedAt: past, ...facts }, now))).toEqual({
        code: 'ALREADY_ROTATED',
        field: 'id',
        refusedTarget: target,
      });
    }
  });
});

describe('an access token', () => {
  const by = (facts: Partial<Caller>) =>
    problemOf(() => requireItself({ id: token.id }, facts as Caller)).code;
  it('rotates itself', () => expect(by({ carrier: 'token', tokenId: token.id })).toBeUndefined());
  it('rotates no other, whatever it may do', () =>
    expect(by({ carrier: 'token', tokenId: other, permissions: ['*:*'] })).toBe('FORBIDDEN'));
  it('is not asked for in a session', () =>
    expect(by({ carrier: 'session', tokenId: null })).toBeUndefined());
});

describe('the scopes of a successor', () => {
  const scoped = { ...token, scopes: ['dataset/*:read', 'sales:read'] };

  it('are the old ones where none are asked, and need no grant', () => {
    expect(successorScopes(scoped, undefined)).toEqual({ askedScopes: undefined, scopes: scoped.scopes });
    expect(successorScopes(token, undefined)).toEqual({ askedScopes: undefined, scopes: undefined });
  });
  it('may be fewer, or narrower, and must be granted then', () => {
    const asked = ['sales:read', 'dataset/a:read', 'sales:read'];
    expect(successorScopes(scoped, asked)).toEqual({
      askedScopes: asked,
      scopes: ['dataset/a:read', 'sales:read'],
    });
  });
  it('may be any where the old token had all that its principal may do', () =>
    expect(successorScopes(token, ['*:*']).scopes).toEqual(['*:*']));
  it('are none that the old token did not have, named by their place as written', () => {
    for (const beyond of ['sales:write', 'dataset:read', 'dataset/*:*', '*:*']) {
      expect(problemOf(() => successorScopes(scoped, ['sales:read', beyond]))).toEqual({
        code: 'SCOPE_NOT_GRANTED',
        field: 'scopes.1',
        refusedTarget: target,
      });
    }
  });
});

describe('the end of the old token', () => {
  const end = (overlap: string, endsAt = token.endsAt) =>
    endAfterOverlap({ endsAt }, overlap, now).toISOString();
  it('comes after the overlap, counted in whole seconds', () =>
    expect(end('P1D')).toBe('2026-03-02T00:00:00.000Z'));
  it('is now where the overlap is nothing', () => expect(end('PT0S')).toBe('2026-03-01T00:00:00.000Z'));
  it('is never later than it was', () => {
    expect(end('P7D')).toBe('2026-03-08T00:00:00.000Z');
    expect(end('P7DT1S')).toBe('2026-03-08T00:00:00.000Z');
    expect(end('P1D', new Date('2026-03-01T12:00:00Z'))).toBe('2026-03-01T12:00:00.000Z');
  });
});

describe('what is asked of a rotation', () => {
  const { id } = token;
  it('is an end in one way only', () =>
    expect(problemOf(() => checkRotation({ id, lifetime: 'PT1H', expiresAt: now }))).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'expiresAt',
    }));
  it('is at least one scope, well formed, where any', () => {
    expect(problemOf(() => checkRotation({ id, scopes: [] }))).toMatchObject({ field: 'scopes' });
    expect(problemOf(() => checkRotation({ id, scopes: ['a:read', 'A b'] }))).toMatchObject({
      field: 'scopes.1',
    });
  });
  it('may be nothing', () => expect(problemOf(() => checkRotation({ id }))).toEqual({}));
});
