import { describe, expect, it } from '@jest/globals';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { originOf } from './origin.js';

const request = (remoteAddress: string | undefined, headers: IncomingHttpHeaders = {}) =>
  ({ headers, socket: { remoteAddress }, connection: { remoteAddress } }) as unknown as IncomingMessage;
const forwarded = (remoteAddress: string, value: string, trusted: readonly string[]) =>
  originOf(request(remoteAddress, { 'x-forwarded-for': value }), trusted).address;

describe('the address of a request', () => {
  it('is that of the peer, an IPv4 one written as such', () => {
    expect(originOf(request('::ffff:192.0.2.1'), []).address).toBe('192.0.2.1');
    expect(originOf(request('2001:db8::1'), []).address).toBe('2001:db8::1');
    expect(originOf(request(undefined), []).address).toBeNull();
  });
  it('is not what anybody forwards', () => {
    expect(forwarded('192.0.2.1', '198.51.100.7', [])).toBe('192.0.2.1');
    expect(forwarded('192.0.2.1', '198.51.100.7', ['10.0.0.0/8'])).toBe('192.0.2.1');
  });
  it('is the last one that no trusted proxy has', () => {
    const trusted = ['10.0.0.0/8', '192.0.2.1'];
    expect(forwarded('192.0.2.1', '203.0.113.9, 198.51.100.7, 10.1.2.3', trusted)).toBe('198.51.100.7');
  });
  it('is that of the proxy where it forwards what is none', () =>
    expect(forwarded('10.0.0.1', '<script>', ['10.0.0.0/8'])).toBe('10.0.0.1'));
});

describe('the user agent of a request', () => {
  const agentOf = (header?: string) => originOf(request('192.0.2.1', { 'user-agent': header }), []).userAgent;
  it('is cut and has no control characters', () => {
    expect(agentOf('curl/8\u0000\u0085\t.0')).toBe('curl/8.0');
    expect(agentOf('x'.repeat(10_000))).toBe('x'.repeat(256));
  });
  it('is null where there is none', () => {
    expect(agentOf()).toBeNull();
    expect(agentOf(' ')).toBeNull();
  });
});

describe('the id of a request', () => {
  const idOf = (header?: string) => originOf(request('192.0.2.1', { 'x-request-id': header }), []).requestId;
  it('is the well-formed one that was sent', () => expect(idOf('abc.DEF_12-3')).toBe('abc.DEF_12-3'));
  it.each([undefined, 'short', 'with space in it', 'x'.repeat(101), 'abc\u0000defgh'])(
    'is our own for %j',
    (header) => expect(idOf(header)).toMatch(/^[0-9a-f-]{36}$/),
  );
  it('stays the same', () => {
    const one = request('192.0.2.1');
    expect(originOf(one, []).requestId).toBe(originOf(one, []).requestId);
  });
});
