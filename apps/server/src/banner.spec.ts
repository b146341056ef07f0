import { describe, expect, it } from '@jest/globals';
import { FileSource } from '@tokenwarden/directory';
import { readSettings } from '@tokenwarden/settings';
import { banner } from './banner.js';

function bannerOf(environment: Record<string, string>): string[] {
  return banner({
    settings: readSettings(environment),
    directory: new FileSource({ path: '', acceptsPlainPasswords: true }),
    isEmbedded: { postgres: true, directory: true },
  }).split('\n');
}

describe('what a person reads when the product is ready', () => {
  it('begins with where it is, once', () => {
    const lines = bannerOf({ PORT: '3001' });
    expect(lines[0]).toBe('Tokenwarden is ready on http://127.0.0.1:3001');
    expect(lines.join('\n')).not.toContain('Listens on');
  });
  it.each([
    [{ PORT: '3001', PUBLIC_URL: 'http://127.0.0.1:3000' }, 'http://127.0.0.1:3001'],
    [{ HOST: '::1', PUBLIC_URL: 'https://tokens.example.com' }, 'http://[::1]:3000'],
  ])('says where it listens, too, where %j makes that another place', (environment, here) => {
    const [first, second] = bannerOf(environment);
    expect(first).toBe(`Tokenwarden is ready on ${environment.PUBLIC_URL}`);
    expect(second).toContain(`Listens on         ${here};`);
  });
  it('says that nobody is told by mail, and which setting changes that', () =>
    expect(bannerOf({})).toContainEqual(expect.stringMatching(/^ {2}Mail {15}is not sent: .* SMTP_URL/)));
  it('says where mail goes and whom it comes from, and no password', () => {
    const lines = bannerOf({
      SMTP_URL: 'smtp://me:hunter2@mail.example',
      MAIL_FROM: 'Tokens <tokens@example.org>',
    });
    expect(lines).toContain('  Mail               by smtp://mail.example:587, from tokens@example.org');
    expect(lines.join()).not.toMatch(/hunter2|me:/);
  });
});
