import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { escapedHtml, shownText } from './shown-text.rules.js';

describe('what somebody wrote, shown within a line of ours', () => {
  it('is on one line, whatever breaks lines for one program or another', () =>
    expect(shownText('a\r\nBcc: eve@example.com\u2028b\u2029c\u0085d\te\u0000f', 100)).toBe(
      'a Bcc: eve@example.com b c d e f',
    ));
  it('does not turn the text behind it', () =>
    expect(shownText('\u202efdp.exe\u202c \u2067x\u2069 \u200fy\u061c', 100)).toBe('fdp.exe x y'));
  it('keeps letters of every script, marks and emoji as they are', () => {
    const text = 'Zoë שלום مرحبا 日本語 नमस्ते 👩‍👩‍👧‍👦 🏳️‍🌈';
    expect(shownText(text, 100)).toBe(text);
  });
  it('holds whole characters alone', () => expect(shownText('a\ud83dz', 100)).toBe('a\ufffdz'));
  it('is as long as it may be, and says where it was cut', () => {
    expect(shownText('😀'.repeat(10), 10)).toBe('😀'.repeat(10));
    expect(shownText('😀'.repeat(11), 10)).toBe(`${'😀'.repeat(9)}…`);
    expect(shownText('word '.repeat(10), 6)).toBe('word…');
  });
  it('of a megabyte is looked at no further than it is shown', () =>
    expect(shownText(' '.repeat(1_000_000) + 'x', 10)).toBe('…'));
  it('never breaks a line or turns one, whatever was written', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const shown = shownText(text, 50);
        expect(shown).not.toMatch(/[\p{Cc}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        expect([...shown].length).toBeLessThanOrEqual(50);
      }),
    ));
});

describe('a text within HTML', () => {
  it('begins and ends nothing', () =>
    expect(escapedHtml(`<b a="c" d='e'>&amp;\``)).toBe(
      '&#60;b a=&#34;c&#34; d=&#39;e&#39;&#62;&#38;amp;&#96;',
    ));
  it('has no character left that is markup, whatever it is', () =>
    fc.assert(fc.property(fc.string(), (text) => expect(escapedHtml(text)).not.toMatch(/[<>"'`]/))));
});
