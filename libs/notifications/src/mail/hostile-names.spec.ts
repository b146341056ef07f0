import { describe, expect, it } from '@jest/globals';
import { simpleParser } from 'mailparser';
import { expiring, oneOfEach, PUBLIC_URL, rendered, SENT } from '../../test/sample-mails.js';
import { composeMail } from '../smtp/compose-mail.js';
import { renderMail } from './render-mail.js';

const HOSTILE: readonly (readonly [string, string])[] = [
  ['markup', `<script>alert(1)</script><img src=x onerror=alert(2)>`],
  ['the end of an attribute', `" onmouseover="alert(1)" x='`],
  ['the end of the document', '</td></table></body></html><!-- '],
  ['a form', '<form action="https://evil.example"><input name=password>'],
  ['a scheme that runs', 'javascript:alert(1)'],
  ['the end of a style', '</style><style>*{display:none}'],
  ['entities', '&lt;b&gt; &#60;b&#62; &amp;'],
  ['lines of a header', 'x\r\nBcc: eve@example.com\r\n\r\nhello'],
  ['separators of Unicode', 'a\u2028b\u2029c\u0085d'],
  ['an encoded word', '=?utf-8?B?QmNjOiBldmU=?='],
  ['a turned text', '\u202egpj.exe\u202c \u2067 \u2069'],
  ['a thousand characters', 'x'.repeat(1_000)],
  ['emoji', '👩‍👩‍👧‍👦 🏳️‍🌈 🏴‍☠️'],
  ['another script', 'مرحبا بالعالم'],
  ['GraphQL', '"}) { id } } mutation { revokeTokens'],
];

/** The elements of a document with the values of their attributes, as a browser would find them in well-formed markup. */
const tagsOf = (html: string) => [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag);
/** What breaks a line or turns one. */
const UNFIT = /[\p{Cc}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const harmless = oneOfEach('nightly').map((content) => rendered(content, 'nightly'));

async function throughTheMail(name: string, index = 0) {
  const content = oneOfEach(name)[index] ?? expiring([{ name }]);
  const mail = rendered(content, name);
  const raw = await composeMail({
    ...mail,
    from: { name, address: 'tokenwarden@example.com' },
    to: { name, address: 'grace@example.com' },
    ...{ id: '0c5a6f2e-4b1d-4f0e-9a3b-000000000001', publicUrl: PUBLIC_URL, date: SENT },
  });
  return { mail, raw: raw.toString('utf8'), parsed: await simpleParser(raw) };
}

describe.each(HOSTILE)('a name that is %s', (_, hostile) => {
  it('changes no markup of any mail', () => {
    const found = oneOfEach(hostile).map((content) => tagsOf(rendered(content, hostile).html));
    expect(found).toEqual(harmless.map(({ html }) => tagsOf(html)));
  });
  it('is in no link', () => {
    for (const content of oneOfEach(hostile)) {
      const links = [...rendered(content, hostile).html.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(
        ([, to]) => to,
      );
      expect(links.filter((to) => to !== PUBLIC_URL && to !== `${PUBLIC_URL}/graphql`)).toEqual([]);
    }
  });
  it('breaks no line of the text, and turns none', () => {
    for (const [i, content] of oneOfEach(hostile).entries()) {
      const { text, subject } = rendered(content, hostile);
      expect(text.replaceAll('\n', '')).not.toMatch(UNFIT);
      expect(text.split('\n').filter((line) => /^(Bcc|hello)/.test(line))).toEqual([]);
      expect(subject).not.toMatch(UNFIT);
      expect([...subject].length).toBeLessThanOrEqual(100);
      // The operations to be copied are the same ones.
      const blocks = (one: string) => [...one.matchAll(/<pre>[\s\S]*?<\/pre>/g)].map(([block]) => block);
      expect(blocks(rendered(content, hostile).html)).toEqual(blocks(harmless[i]?.html ?? ''));
    }
  });
  it('makes no header, and the subject is read back as it was written', async () => {
    const { mail, raw, parsed } = await throughTheMail(hostile);
    expect(parsed.subject).toBe(mail.subject);
    expect(parsed.bcc).toBeUndefined();
    expect(parsed.to).toMatchObject({ value: [{ address: 'grace@example.com' }] });
    expect(parsed.text?.trimEnd()).toBe(mail.text.trimEnd());
    expect(parsed.html).toBe(mail.html);
    const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
    expect(head.split('\r\n').filter((line) => !/^([A-Z][A-Za-z-]*:( |$)|[ \t])/.test(line))).toEqual([]);
    expect(Math.max(...raw.split('\r\n').map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(998);
  });
});

describe('the address of the product', () => {
  it('is no link unless it is one of the web', () => {
    const setting = { publicUrl: 'javascript:alert(1)', now: SENT, recipientName: 'Grace' };
    expect(renderMail(expiring([{}]), setting).html).not.toContain('href');
  });
});
