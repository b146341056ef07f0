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
    const secrets = ['hunter2'];
    expect(keptReply('535 me/hunter2 and hunter2', { secrets })).toBe('535 me/[redacted] and [redacted]');
    expect(keptReply(`${'x'.repeat(496)}hunter2`, { secrets })).not.toContain('hunt');
  });
});

describe('whom a reply is about', () => {
  const GRACE = ['grace@xn--bcher-kva.example', 'grace@bücher.example'];
  const said = (reply: string) => keptReply(reply, { recipient: GRACE });

  it.each([
    ['550 5.1.1 <grace@xn--bcher-kva.example>: No such user', '550 5.1.1 <[recipient]>: No such user'],
    ['550 5.1.1 <Grace@BÜCHER.example>... gone', '550 5.1.1 <[recipient]>... gone'],
    ['550 rfc822;grace@bücher.example.', '550 rfc822;[recipient].'],
    [
      '550 see https://mail.example/?to=grace%40bücher.example',
      '550 see https://mail.example/?to=[recipient]',
    ],
    ['452 Mailbox of "GRACE" is full', '452 Mailbox of "[recipient]" is full'],
    ['550 disgraceful', '550 disgraceful'],
  ])('is not named: %s', (reply, kept) => expect(said(reply)).toBe(kept));

  it.each([
    [
      '550 <grace.hopper@in.example.org> (from <grace@bücher.example>)',
      '550 <[address]> (from <[recipient]>)',
    ],
    ["553 o'hara+ops@example.org, jürgen@[192.0.2.1].", '553 [address], [address].'],
    ['550 "Grace Hopper"@example.org gone', '550 [address] gone'],
    ['550 5.1.1 https://mail.example/?q=ada%40example.org', '550 5.1.1 https://mail.example/?q=[address]'],
    ['554 5.7.1 @ night: no mail @here, a@ b', '554 5.7.1 @ night: no mail @here, a@ b'],
  ])('and nobody else is: %s', (reply, kept) => expect(said(reply)).toBe(kept));

  it('is not named at the cut either, and the code of the reply stays', () => {
    expect(said(`550 ${'x '.repeat(244)}grace@bücher.example`)).not.toContain('grace');
    expect(said(`550 ${'ada@example.org '.repeat(700)}`)).not.toContain('ada');
    expect(keptReply('550 no such user 550', { recipient: ['550@example.org'] })).toBe(
      '550 no such user 550',
    );
  });
});

describe('a text in the head of a mail', () => {
  it('stands on one line', () => expect(headerText(' Ada\r\nBcc: x\u2028 ')).toBe('Ada Bcc: x'));
  it('holds nothing that a reader of mail would decode', () =>
    expect(headerText('a =?utf-8?Q?a=0D=0ABcc:_x@y.z?= =\u202e?u?q?b?=')).toBe(
      'a = ?utf-8?Q?a=0D=0ABcc:_x@y.z?= = ?u?q?b?=',
    ));
  it('is written in its own direction', () => expect(headerText('Ada\u202e gpj\u2066')).toBe('Ada gpj'));
  it('is 100 whole characters long at the most', () => {
    expect([...headerText('💻'.repeat(101))]).toHaveLength(100);
    expect(headerText('a\uD800b')).toBe('a\uFFFDb');
  });
});
