import { describe, expect, it } from '@jest/globals';
import { headerText } from './header-text.rules.js';
import { keptReply } from './reply.rules.js';

describe('a reply that is kept', () => {
  it('stands on one line, without control characters and halves of characters', () =>
    expect(keptReply('550-No\r\n550 \u0007such\0 \uD800user\u2028')).toBe('550-No 550  such   user'));
  it('is 500 characters long at the most, and no emoji is cut in two', () => {
    expect(keptReply('x'.repeat(501))).toHaveLength(500);
    expect([...keptReply('💻'.repeat(501))]).toHaveLength(500);
    expect(keptReply('💻'.repeat(10_000))).not.toContain('\uFFFD');
  });
  it('says so where nothing was said', () => expect(keptReply(' \r\n')).toBe('No reason was given.'));
  it('has no secret in it, wherever it stands, and at the cut neither', () => {
    expect(keptReply('535 me/hunter2 and hunter2', ['hunter2'])).toBe('535 me/[redacted] and [redacted]');
    expect(keptReply(`${'x'.repeat(496)}hunter2`, ['hunter2'])).not.toContain('hunt');
  });
});

describe('a text in the head of a mail', () => {
  it('stands on one line', () => expect(headerText(' Ada\r\nBcc: x\u2028 ')).toBe('Ada Bcc: x'));
  it('is 100 whole characters long at the most', () => {
    expect([...headerText('💻'.repeat(101))]).toHaveLength(100);
    expect(headerText('a\uD800b')).toBe('a\uFFFDb');
  });
});
