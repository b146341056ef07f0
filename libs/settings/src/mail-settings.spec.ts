import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readSettings, SettingsError, shownSmtpServer } from './index.js';

function mistakesOf(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.mistakes;
    throw error;
  }
  return [];
}
const mailOf = (environment: Record<string, string>) => readSettings(environment).mail;
const FROM = { MAIL_FROM: 'tokenwarden@example.org' };
const SECRET = { SMTP_URL: 'smtp://me%40example.org:hunter2%2F%25@mail.example', ...FROM };

describe('the mail server', () => {
  it('is none where nothing is given', () => expect(mailOf({})).toBeUndefined());
  it.each([
    ['smtp://mail', 'mail', 587, false],
    ['smtp://MAIL.example:25/', 'mail.example', 25, false],
    ['smtps://mail.example', 'mail.example', 465, true],
    ['SMTPS://10.0.0.7:2465', '10.0.0.7', 2_465, true],
    ['smtp://[::1]:1025', '::1', 1_025, false],
    ['smtp://mail_catcher:65535', 'mail_catcher', 65_535, false],
  ])('is read from %s', (url, host, port, isTls) =>
    expect(mailOf({ SMTP_URL: url, ...FROM })?.server).toEqual({ host, port, isTls, credentials: undefined }),
  );
  it('has user and password decoded', () =>
    expect(mailOf(SECRET)?.server.credentials).toEqual({ user: 'me@example.org', password: 'hunter2/%' }));
  it('comes from a file, too', () =>
    expect(
      readSettings({ SMTP_URL_FILE: '/run/smtp', ...FROM }, () => 'smtp://mail\n').mail?.server.host,
    ).toBe('mail'));
  it('is shown without user and password', () => {
    const settings = readSettings(SECRET);
    expect(inspect(settings) + JSON.stringify(settings)).not.toMatch(/hunter2|me@/);
    expect(settings.mail && shownSmtpServer(settings.mail.server)).toBe('smtp://mail.example:587');
  });
  it.each([
    'hunter2',
    'http://hunter2',
    'smtp://',
    'smtp://hunter2@',
    'smtp://me@mail/hunter2',
    'smtp://mail?x=hunter2',
    'smtp://mail#hunter2',
    'smtp://hunter2 @mail',
    'smtp://me:hunter2@mail.example@evil',
    'smtp://mail:hunter2',
    'smtp://mail:65536',
    'smtp://mail:0',
    'smtp://-hunter2',
    'smtp://1.2.3',
    'smtp://[hunter2]',
    'smtp://[1::2::3]',
    'smtp://me@mail',
    'smtp://me:@mail',
    'smtp://:hunter2@mail',
    'smtp://me:hunter2:x@mail',
    'smtp://me:hunter2%@mail',
    'smtp://me:hunter2%00@mail',
    'smtp://me:hunter2%0D%0A@mail',
  ])('cannot be %s, which one mistake says without repeating it', (url) => {
    const mistakes = mistakesOf({ SMTP_URL: url });
    expect(mistakes).toEqual([expect.stringMatching(/^SMTP_URL: .*write/)]);
    expect(mistakes.join()).not.toContain('hunter2');
  });
});

describe('whom mails come from', () => {
  const fromOf = (environment: Record<string, string>) =>
    mailOf({ SMTP_URL: 'smtp://mail', ...environment })?.from;
  it.each([
    ['tokens@example.org', { name: undefined, address: 'tokens@example.org' }],
    ['Tokens <tokens@example.org>', { name: 'Tokens', address: 'tokens@example.org' }],
    ['"Tokens, of ours" <tokens@example.org>', { name: 'Tokens, of ours', address: 'tokens@example.org' }],
    ['<tokens@example.org>', { name: undefined, address: 'tokens@example.org' }],
  ])('may be %s', (text, expected) => expect(fromOf({ MAIL_FROM: text })).toEqual(expected));
  it.each([
    'tokens',
    'a@example.org, b@example.org',
    'A <a@example.org>, B <b@example.org>',
    'A\r\nBcc: eve@example.org <a@example.org>',
    'a@example.org\n',
    `${'x'.repeat(101)} <a@example.org>`,
    `${'x'.repeat(300)}@example.org`,
  ])('cannot be %j', (text) =>
    expect(mistakesOf({ SMTP_URL: 'smtp://mail', MAIL_FROM: text })).toEqual([
      expect.stringMatching(/^MAIL_FROM: write one address/),
    ]),
  );
  it('is Tokenwarden at the host of PUBLIC_URL, where that is a mail domain', () => {
    expect(fromOf({ PUBLIC_URL: 'https://tokens.example.org:8443' })).toEqual({
      name: 'Tokenwarden',
      address: 'tokenwarden@tokens.example.org',
    });
    for (const url of ['http://127.0.0.1:3000', 'http://[::1]:3000', 'http://localhost:3000'])
      expect(fromOf({ PUBLIC_URL: url })?.address).toBe('tokenwarden@localhost');
  });
  it('is asked for where it is nobody', () => {
    const { warnings } = readSettings({ SMTP_URL: 'smtp://mail' });
    expect(warnings).toEqual([expect.stringMatching(/^MAIL_FROM is not given, .* Give it\.$/)]);
    expect(readSettings({ SMTP_URL: 'smtp://mail', ...FROM }).warnings).toEqual([]);
  });
  it('goes with a mail server', () =>
    expect(mistakesOf(FROM)).toEqual([expect.stringMatching(/^MAIL_FROM: it goes with SMTP_URL/)]));
});
