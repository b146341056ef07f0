import { describe, expect, it } from '@jest/globals';
import { askedScopes, introspectionBody } from './introspection.rules.js';
import { INACTIVE, type ActiveResolution } from './resolution.rules.js';

const active: ActiveResolution = {
  active: true,
  token: {
    id: '5b0f4e0c-6d6c-4f5c-9a55-0d6d5b0c2a11',
    kind: 'USER',
    name: 'laptop',
    issuer: 'https://tokens.example',
    principalId: '0c8a8f6e-7d14-4f4e-8a0a-0f6d1c2b3a44',
    scopes: null,
    audiences: ['https://tokens.example'],
    createdAt: new Date('2026-03-01T00:00:00Z'),
    expiresAt: new Date('2026-03-08T00:00:00Z'),
    endsAt: new Date('2026-03-07T00:00:00Z'),
    suspendedAt: null,
    revokedAt: null,
    principal: { state: 'ACTIVE', name: 'grace' },
    groups: [
      { id: '1', name: 'analysts', grants: ['dataset/*:read'] },
      { id: '2', name: 'engineers', grants: ['spark-job/*:*'] },
    ],
    isKeyWithdrawn: false,
    waitingPredecessorId: null,
  },
  scopes: ['dataset/*:read', 'spark-job/*:*'],
};

describe('the introspection answer', () => {
  it('is nothing but active: false for anything wrong', () =>
    expect(JSON.stringify(introspectionBody(INACTIVE, ['a:read'], 1))).toBe('{"active":false}'));

  it('has exactly the members of the contract, in its order', () =>
    expect(JSON.stringify(introspectionBody(active, undefined, 1))).toBe(
      '{"active":true,"iss":"https://tokens.example","sub":"0c8a8f6e-7d14-4f4e-8a0a-0f6d1c2b3a44",' +
        '"aud":"https://tokens.example","exp":1772841600,"iat":1772323200,' +
        '"jti":"5b0f4e0c-6d6c-4f5c-9a55-0d6d5b0c2a11","client_id":"5b0f4e0c-6d6c-4f5c-9a55-0d6d5b0c2a11",' +
        '"token_type":"Bearer","scope":"dataset/*:read spark-job/*:*","username":"grace","principal_type":"user",' +
        '"groups":["analysts","engineers"],"token_name":"laptop","cache_max_age":1}',
    ));

  it('gives the real end, not the one written into the token', () =>
    expect(introspectionBody(active, undefined, 1)).toMatchObject({ exp: 1_772_841_600 }));

  it('names the service account as the client and as the user', () => {
    const token = {
      ...active.token,
      kind: 'SERVICE_ACCOUNT' as const,
      principal: { state: 'ACTIVE' as const, name: 'etl' },
    };
    expect(introspectionBody({ ...active, token }, undefined, 1)).toMatchObject({
      client_id: token.principalId,
      username: 'etl',
      principal_type: 'service_account',
    });
  });

  it('gives several audiences as a list', () => {
    const token = { ...active.token, audiences: ['a', 'b'] };
    expect(introspectionBody({ ...active, token }, undefined, 1)).toMatchObject({ aud: ['a', 'b'] });
  });

  it.each([
    ['dataset/sales:read', 'dataset/sales:read'],
    ['spark-job/x:run dataset/sales:read', 'dataset/sales:read spark-job/x:run'],
    ['dataset/sales:write', ''],
    ['dataset/sales:read dataset/sales:write', 'dataset/sales:read'],
    ['*:*', ''],
    ['dataset/*:read', 'dataset/*:read'],
    ['nonsense dataset/sales:read', 'dataset/sales:read'],
    ['dataset/sales:read\t', ''],
    [' ', ''],
  ])('asked for %j says scope %j', (asked, scope) =>
    expect(introspectionBody(active, askedScopes(asked), 1)).toMatchObject({ scope }),
  );

  it('is refused more than a hundred scopes', () => {
    expect(askedScopes(Array<string>(100).fill('a:b').join(' '))).toHaveLength(100);
    expect(() => askedScopes(Array<string>(101).fill('a:b').join(' '))).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', field: 'scope' }),
    );
  });
});
