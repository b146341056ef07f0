import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { keptAgent } from './kept-agent.js';

const TOKEN = `eyJhbGciOiJFUzI1NiJ9.${randomBytes(90).toString('base64url')}.${randomBytes(64).toString('base64url')}`;

describe('an agent that is kept', () => {
  it('is the one that was sent', () =>
    expect(keptAgent('Mozilla/5.0 (X11; é)')).toBe('Mozilla/5.0 (X11; é)'));
  it.each([undefined, '', ' \t'])('is none for %j', (agent) => expect(keptAgent(agent)).toBeUndefined());
  it('is cut at 500 code points', () => {
    expect(keptAgent('é'.repeat(501))).toBe('é'.repeat(500));
    expect(keptAgent('🦊'.repeat(501))).toBe('🦊'.repeat(500));
  });
  it('has no control character and no half of one', () =>
    expect(keptAgent('a\u0000b\u0085c\u2028d\ud800e\nf')).toBe('a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFDf'));
  it.each([
    ['a token', TOKEN],
    ['a token at the place where it is cut', `${'x'.repeat(480)} ${TOKEN}`],
    ['a session', `tws_${randomBytes(32).toString('base64url')}`],
    ['a credential', 'Bearer abc.def'],
  ])('has no secret: %s', (_, agent) => {
    expect(keptAgent(agent)).not.toContain(agent.slice(-10));
    expect(keptAgent(agent)).not.toContain('eyJ');
  });
});
