import { describe, expect, it } from '@jest/globals';
import { claimsFor, saysWhatItsRowSays, type ClaimsSource } from './token-claims.rules.js';

const token: ClaimsSource = {
  id: '0b6c0f0e-3f4e-4a1e-9a51-000000000001',
  kind: 'USER',
  principalId: '0b6c0f0e-3f4e-4a1e-9a51-0000000000aa',
  issuer: 'https://tokens.example',
  audiences: ['https://api.example'],
  scopes: null,
  createdAt: new Date('2026-03-01T00:00:00Z'),
  expiresAt: new Date('2026-03-08T00:00:00Z'),
};

describe('the claims of a token', () => {
  it('are those of its row, times in whole seconds', () =>
    expect(claimsFor(token)).toEqual({
      iss: 'https://tokens.example',
      sub: token.principalId,
      aud: 'https://api.example',
      exp: 1_772_928_000,
      iat: 1_772_323_200,
      jti: token.id,
      client_id: token.id,
    }));
  it('name the service account as the client of its tokens', () =>
    expect(claimsFor({ ...token, kind: 'SERVICE_ACCOUNT' }).client_id).toBe(token.principalId));
  it('list audiences where there are several', () =>
    expect(claimsFor({ ...token, audiences: ['a', 'b'] }).aud).toEqual(['a', 'b']));
  it('join the scopes that were asked', () =>
    expect(claimsFor({ ...token, scopes: ['a:read', 'b:*'] }).scope).toBe('a:read b:*'));
  it('have no scope at all where none was asked', () => expect(claimsFor(token)).not.toHaveProperty('scope'));
});

describe('a token and its row', () => {
  it('say the same when the token was issued from the row', () =>
    expect(saysWhatItsRowSays(claimsFor(token), token)).toBe(true));
  it.each<[string, object]>([
    ['iss', { iss: 'https://evil.example' }],
    ['sub', { sub: '0b6c0f0e-3f4e-4a1e-9a51-0000000000ab' }],
    ['aud', { aud: 'https://other.example' }],
    ['aud', { aud: ['https://api.example'] }],
    ['exp', { exp: claimsFor(token).exp + 1 }],
    ['iat', { iat: claimsFor(token).iat - 1 }],
    ['jti', { jti: '0b6c0f0e-3f4e-4a1e-9a51-000000000002' }],
    ['client_id', { client_id: token.principalId }],
    ['scope', { scope: '*:*' }],
  ])('do not when %s differs', (_, other) =>
    expect(saysWhatItsRowSays({ ...claimsFor(token), ...other }, token)).toBe(false),
  );
});
