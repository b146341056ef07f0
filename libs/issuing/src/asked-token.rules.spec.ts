import { describe, expect, it } from '@jest/globals';
import { Problem } from '@tokenwarden/vocabulary';
import { audiencesInForce, checkedToken, type AskedToken } from './asked-token.rules.js';

const inForce = ['https://warehouse.example', 'https://api.example'];
const refusalOf = (asked: Partial<AskedToken>): Problem | undefined => {
  try {
    audiencesInForce(checkedToken({ name: 'laptop', ...asked }).audiences, inForce);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  return undefined;
};

describe('the audiences of a new token', () => {
  it('are all of them when none is asked, sorted', () =>
    expect(audiencesInForce(undefined, inForce)).toEqual([
      'https://api.example',
      'https://warehouse.example',
    ]));
  it('are those asked, each once, sorted', () =>
    expect(audiencesInForce([...inForce, 'https://api.example'], inForce)).toEqual([
      'https://api.example',
      'https://warehouse.example',
    ]));
  it('are not none', () =>
    expect(refusalOf({ audiences: [] })).toMatchObject({ code: 'INVALID_INPUT', field: 'audiences' }));
  it('are known ones; the message says which there are', () =>
    expect(refusalOf({ audiences: ['https://api.example', 'https://API.example'] })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'audiences.1',
      message: expect.stringContaining('"https://warehouse.example"'),
    }));
});

describe('the scopes of a new token', () => {
  it('are sorted, each once, and kept as asked beside', () => {
    const scopes = ['b:read', 'a:read', 'b:read'];
    expect(checkedToken({ name: 'laptop', scopes })).toMatchObject({
      scopes: ['a:read', 'b:read'],
      askedScopes: scopes,
    });
  });
  it('stay unsaid where none are asked', () =>
    expect(checkedToken({ name: 'laptop' }).scopes).toBeUndefined());
  it('are not none', () =>
    expect(refusalOf({ scopes: [] })).toMatchObject({ code: 'INVALID_INPUT', field: 'scopes' }));
  it('are well formed', () =>
    expect(refusalOf({ scopes: ['a:read', 'a b:read'] })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'scopes.1',
    }));
});
