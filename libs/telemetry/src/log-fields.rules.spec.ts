import { describe, expect, it } from '@jest/globals';
import { allowedFields, describedError } from './log-fields.rules.js';

const TOKEN = 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InRva2Vud2FyZGVuLTEifQ.e30.c2ln';

describe('the fields of a log line', () => {
  it('are the named ones, and no others', () =>
    expect(allowedFields({ requestId: 'r', status: 200, password: 'x', headers: {} }, false)).toEqual({
      requestId: 'r',
      status: 200,
    }));
  it('hold plain values only', () =>
    expect(allowedFields({ route: { url: '/' }, count: 1 }, false)).toEqual({ count: 1 }));
  it('hold no token, wherever one got in', () =>
    expect(
      JSON.stringify(allowedFields({ route: `/${TOKEN}`, error: new Error(TOKEN) }, true)),
    ).not.toContain(TOKEN));
});

describe('an error in the log', () => {
  it('has its name, message and code, and nothing that a driver hung on it', () => {
    const error = Object.assign(new Error('no'), {
      code: '57P01',
      query: 'SELECT 1',
      parameters: ['secret'],
    });
    expect(describedError(error, false)).toEqual({ name: 'Error', message: 'no', code: '57P01' });
  });
  it('has its stack only where that is asked for', () => {
    expect(describedError(new Error('no'), false)).not.toHaveProperty('stack');
    expect(describedError(new Error('no'), true)).toHaveProperty('stack');
  });
  it('is told down to its third cause, also where causes run in a circle', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(describedError(error, false)).match(/round/g)).toHaveLength(4);
  });
  it('is named even where something else was thrown', () =>
    expect(describedError('secret', false)).toEqual({
      name: 'NotAnError',
      message: 'Something of type string was thrown.',
    }));
});
