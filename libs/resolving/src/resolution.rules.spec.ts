import type { TokenClaims } from '@tokenwarden/vocabulary';
import { describe, expect, it } from '@jest/globals';
import { covers, UNUSABLE_REASONS, type TokenStatus } from '@tokenwarden/vocabulary';
import fc from 'fast-check';
import {
  allowedOf,
  effectiveScopes,
  INACTIVE,
  predecessorEndedBy,
  resolutionOf,
  unusableReason,
  type PrincipalState,
  type TokenRecord,
} from './resolution.rules.js';

const inForce = {
  issuer: 'https://tokens.example',
  audiences: ['https://api.example', 'https://lake.example'],
};

const record: TokenRecord = {
  id: '5b0f4e0c-6d6c-4f5c-9a55-0d6d5b0c2a11',
  kind: 'USER',
  name: 'laptop',
  issuer: inForce.issuer,
  principalId: '0c8a8f6e-7d14-4f4e-8a0a-0f6d1c2b3a44',
  scopes: ['dataset/sales/*:read', 'spark-job/*:*'],
  audiences: ['https://api.example'],
  createdAt: new Date('2026-03-01T00:00:00Z'),
  expiresAt: new Date('2026-03-08T00:00:00Z'),
  endsAt: new Date('2026-03-07T00:00:00Z'),
  suspendedAt: null,
  revokedAt: null,
  principal: { state: 'ACTIVE', name: 'grace' },
  groups: [{ id: '9a1b7c3e-2222-4222-8222-222222222222', name: 'engineers', grants: ['dataset/*:read'] }],
  isKeyWithdrawn: false,
  waitingPredecessorId: null,
};

const claims: TokenClaims = {
  iss: inForce.issuer,
  sub: record.principalId,
  aud: 'https://api.example',
  exp: 1_772_928_000,
  iat: 1_772_323_200,
  jti: record.id,
  client_id: record.id,
  scope: 'dataset/sales/*:read spark-job/*:*',
};

const resolved = (
  changes: Partial<TokenRecord>,
  said: Partial<TokenClaims> = {},
  status: TokenStatus = 'ACTIVE',
) => resolutionOf({ ...record, ...changes }, status, { ...claims, ...said }, inForce);

describe('a token resolves', () => {
  it('with what its scopes and the grants of its owner allow together', () =>
    expect(resolved({})).toEqual({ active: true, token: record, scopes: ['dataset/sales/*:read'] }));
  it('with no scope at all when nothing is left', () =>
    expect(resolved({ groups: [] })).toMatchObject({ active: true, scopes: [] }));
  it('with all that the owner may do when it was issued without scopes', () =>
    expect(resolved({ scopes: null }, { scope: undefined })).toMatchObject({ scopes: ['dataset/*:read'] }));
  it('while one of its audiences is in force', () => {
    const audiences = ['https://gone.example', 'https://lake.example'];
    expect(resolved({ audiences }, { aud: audiences })).toMatchObject({ active: true });
  });
  it('as a service account, whose id is the client then', () => {
    const said = { client_id: record.principalId };
    expect(resolved({ kind: 'SERVICE_ACCOUNT' }, said)).toMatchObject({ active: true });
  });
});

describe('a token does not resolve', () => {
  it('without a row', () => expect(resolutionOf(undefined, undefined, claims, inForce)).toBe(INACTIVE));
  it.each<TokenStatus>(['REVOKED', 'EXPIRED', 'SUSPENDED'])('while it is %s', (status) =>
    expect(resolved({}, {}, status)).toBe(INACTIVE),
  );
  it.each<PrincipalState>(['DISABLED', 'REMOVED', 'SUSPENDED', 'ORPHANED'])(
    'while its principal is %s',
    (state) => expect(resolved({ principal: { state, name: 'grace' } })).toBe(INACTIVE),
  );
  it('once its key was withdrawn', () => expect(resolved({ isKeyWithdrawn: true })).toBe(INACTIVE));
  it('for another issuer than the one in force', () =>
    expect(resolved({ issuer: 'https://old.example' }, { iss: 'https://old.example' })).toBe(INACTIVE));
  it('for audiences of which none is in force', () =>
    expect(resolved({ audiences: ['https://gone.example'] }, { aud: 'https://gone.example' })).toBe(
      INACTIVE,
    ));

  it.each<[string, Partial<TokenClaims>]>([
    ['the issuer', { iss: 'https://elsewhere.example' }],
    ['the subject', { sub: '0c8a8f6e-7d14-4f4e-8a0a-0f6d1c2b3a45' }],
    ['the audience', { aud: 'https://lake.example' }],
    ['the audience, as a list of one', { aud: ['https://api.example'] }],
    ['the audience, with one more', { aud: ['https://api.example', 'https://lake.example'] }],
    ['the end, by a second', { exp: claims.exp + 1 }],
    ['the beginning, by a second', { iat: claims.iat - 1 }],
    ['the token', { jti: '5b0f4e0c-6d6c-4f5c-9a55-0d6d5b0c2a12' }],
    ['the client', { client_id: record.principalId }],
    ['the scopes', { scope: '*:*' }],
    ['the scopes, in another order', { scope: 'spark-job/*:* dataset/sales/*:read' }],
    ['no scopes', { scope: undefined }],
    ['an empty scope', { scope: '' }],
  ])('when its claims say otherwise about %s', (_, said) => expect(resolved({}, said)).toBe(INACTIVE));
  it('when its claims name scopes and its row does not', () =>
    expect(resolved({ scopes: null })).toBe(INACTIVE));
});

describe('the use of a successor', () => {
  const waitingPredecessorId = '5b0f4e0c-6d6c-4f5c-9a55-0d6d5b0c2a00';
  it('ends the predecessor that waits for it', () =>
    expect(predecessorEndedBy(resolved({ waitingPredecessorId }))).toBe(waitingPredecessorId));
  it('ends nothing where none waits', () => expect(predecessorEndedBy(resolved({}))).toBeNull());
  it.each<TokenStatus>(['REVOKED', 'EXPIRED', 'SUSPENDED'])('is none while it is %s', (status) =>
    expect(predecessorEndedBy(resolved({ waitingPredecessorId }, {}, status))).toBeNull(),
  );
  it('is none while its principal is DISABLED', () => {
    const principal = { state: 'DISABLED', name: 'grace' } as const;
    expect(predecessorEndedBy(resolved({ waitingPredecessorId, principal }))).toBeNull();
  });
});

describe('the reason why a token is not usable', () => {
  it('is none for a usable one', () => expect(unusableReason(record, 'ACTIVE', inForce)).toBeNull());
  it('is the first of several, in the order of the contract', () => {
    const statuses: TokenStatus[] = ['REVOKED', 'EXPIRED', 'SUSPENDED', 'ACTIVE'];
    const states: PrincipalState[] = ['DISABLED', 'REMOVED', 'SUSPENDED', 'ORPHANED', 'ACTIVE'];
    const found = [
      ...statuses.slice(0, 3).map((status) => reasonOf(status, 'DISABLED', true, 'https://old.example')),
      ...states.slice(0, 4).map((state) => reasonOf('ACTIVE', state, true, 'https://old.example')),
      reasonOf('ACTIVE', 'ACTIVE', true, 'https://old.example'),
      reasonOf('ACTIVE', 'ACTIVE', false, 'https://old.example'),
    ];
    expect(found).toEqual(UNUSABLE_REASONS);
  });

  function reasonOf(status: TokenStatus, state: PrincipalState, isKeyWithdrawn: boolean, issuer: string) {
    return unusableReason(
      { ...record, principal: { state, name: 'grace' }, isKeyWithdrawn, issuer },
      status,
      inForce,
    );
  }
});

const part = fc.constantFrom('a', 'b', 'c');
const scope = fc
  .tuple(
    fc.array(part, { maxLength: 2 }),
    fc.constantFrom('a', 'b', '*'),
    fc.constantFrom('read', 'write', '*'),
  )
  .map(([path, last, action]) => `${[...path, last].join('/')}:${action}`);
const scopes = fc.array(scope, { minLength: 1, maxLength: 6 });
const grants = fc.array(fc.array(scope, { maxLength: 4 }), { maxLength: 4 });
const withGrants = (given: string[][]) => given.map((one, i) => ({ id: `${i}`, name: `g${i}`, grants: one }));
const coveredBy = (held: readonly string[]) => (asked: string) => held.some((one) => covers(one, asked));

describe('by law', () => {
  it('a token can never do more than its owner, nor more than was asked for', () => {
    fc.assert(
      fc.property(fc.option(scopes), grants, (asked, given) => {
        const effective = effectiveScopes({ ...record, scopes: asked, groups: withGrants(given) });
        expect(effective.every(coveredBy(given.flat()))).toBe(true);
        if (asked) expect(effective.every(coveredBy(asked))).toBe(true);
      }),
    );
  });

  it('a token can do whatever both its scopes and its owner allow', () => {
    fc.assert(
      fc.property(scopes, grants, scope, (asked, given, wanted) => {
        fc.pre(coveredBy(asked)(wanted) && coveredBy(given.flat())(wanted));
        const effective = effectiveScopes({ ...record, scopes: asked, groups: withGrants(given) });
        expect(allowedOf([wanted], effective)).toEqual([wanted]);
      }),
    );
  });

  it('of what is asked at introspection nothing comes back that was not asked or is not allowed', () => {
    fc.assert(
      fc.property(scopes, scopes, (asked, effective) => {
        const answer = allowedOf(asked, effective);
        expect(answer.every((one) => asked.includes(one) && coveredBy(effective)(one))).toBe(true);
        expect(answer).toEqual([...new Set(answer)].sort());
      }),
    );
  });
});
