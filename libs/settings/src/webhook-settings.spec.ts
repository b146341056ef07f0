import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readSettings, SettingsError } from './index.js';

const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 0xfb).toString('base64')}`;
const WEBHOOK = { WEBHOOK_URL: 'https://events.example/in/hunter2', WEBHOOK_SECRET: secretOf(32) };

function mistakesOf(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('the webhook', () => {
  it('is off where nothing is given', () => expect(readSettings({}).webhook).toBeUndefined());
  it('is its URL and its secret', () => {
    const settings = readSettings(WEBHOOK);
    expect(settings.webhook).toEqual({ url: WEBHOOK.WEBHOOK_URL, secret: WEBHOOK.WEBHOOK_SECRET });
    expect(settings.warnings).toEqual([]);
  });
  it('comes from files, too', () => {
    const files: Record<string, string> = {
      '/run/url': `${WEBHOOK.WEBHOOK_URL}\n`,
      '/run/key': secretOf(24),
    };
    const named = { WEBHOOK_URL_FILE: '/run/url', WEBHOOK_SECRET_FILE: '/run/key' };
    expect(readSettings(named, (path) => files[path] ?? '').webhook).toEqual({
      url: WEBHOOK.WEBHOOK_URL,
      secret: secretOf(24),
    });
  });
  it('is nowhere when settings are printed', () => {
    const settings = readSettings(WEBHOOK);
    expect(inspect(settings) + JSON.stringify(settings)).not.toMatch(/hunter2|whsec_/);
  });
  it.each([24, 64])('may have a secret of %i bytes', (bytes) =>
    expect(readSettings({ ...WEBHOOK, WEBHOOK_SECRET: secretOf(bytes) }).webhook?.secret).toBe(
      secretOf(bytes),
    ),
  );
});

describe('a webhook that cannot be', () => {
  it.each([
    ['a URL alone', { WEBHOOK_URL: WEBHOOK.WEBHOOK_URL }, /^WEBHOOK_SECRET: it is required with WEBHOOK_URL/],
    ['a secret alone', { WEBHOOK_SECRET: secretOf(32) }, /^WEBHOOK_SECRET: it goes with WEBHOOK_URL/],
    ['no URL', { ...WEBHOOK, WEBHOOK_URL: 'hunter2' }, /^WEBHOOK_URL: write one URL/],
    ['another scheme', { ...WEBHOOK, WEBHOOK_URL: 'ftp://hunter2' }, /^WEBHOOK_URL: write one URL/],
    ['two URLs', { ...WEBHOOK, WEBHOOK_URL: 'https://a/hunter2 https://b' }, /^WEBHOOK_URL: write one URL/],
    ['a password', { ...WEBHOOK, WEBHOOK_URL: 'https://me:hunter2@a/' }, /^WEBHOOK_URL: .* without user/],
    ['a user', { ...WEBHOOK, WEBHOOK_URL: 'https://hunter2@a/' }, /^WEBHOOK_URL: .* without user/],
    ['a fragment', { ...WEBHOOK, WEBHOOK_URL: 'https://a/hunter2#' }, /^WEBHOOK_URL: .* without a fragment/],
    ['2,049 characters', { ...WEBHOOK, WEBHOOK_URL: `https://a/${'x'.repeat(2_039)}` }, /at most 2048/],
    ['no prefix', { ...WEBHOOK, WEBHOOK_SECRET: secretOf(32).slice(6) }, /^WEBHOOK_SECRET: write whsec_/],
    ['23 bytes', { ...WEBHOOK, WEBHOOK_SECRET: secretOf(23) }, /24 to 64 bytes/],
    ['65 bytes', { ...WEBHOOK, WEBHOOK_SECRET: secretOf(65) }, /24 to 64 bytes/],
    [
      'another alphabet',
      { ...WEBHOOK, WEBHOOK_SECRET: secretOf(32).replaceAll('+', '-') },
      /24 to 64 bytes in base64/,
    ],
    ['no padding', { ...WEBHOOK, WEBHOOK_SECRET: secretOf(32).replace('=', '') }, /24 to 64 bytes in base64/],
    ['the prefix of a signature', { ...WEBHOOK, WEBHOOK_SECRET: `v1,${secretOf(32)}` }, /write whsec_/],
  ] as [string, Record<string, string>, RegExp][])(
    'has %s, which one mistake names',
    (_, given, expected) => {
      const mistakes = mistakesOf(given);
      expect(mistakes).toEqual([expect.stringMatching(expected)]);
      expect(mistakes.join()).not.toMatch(/hunter2|-_|\+\/|x{9}/);
    },
  );
});

describe('a webhook over plain http', () => {
  it.each(['http://127.0.0.1:9/x', 'http://[::1]/', 'http://localhost/'])(
    'to %s is nothing to warn of',
    (url) => expect(readSettings({ ...WEBHOOK, WEBHOOK_URL: url }).warnings).toEqual([]),
  );
  it('to another machine is warned of, without its path', () => {
    const { warnings } = readSettings({ ...WEBHOOK, WEBHOOK_URL: 'http://events.example/hunter2' });
    expect(warnings).toEqual([expect.stringMatching(/^WEBHOOK_URL is plain http/)]);
    expect(warnings.join()).not.toContain('hunter2');
  });
});
