import type { Reader } from './readers.js';
import { SettingFault } from './setting-fault.js';

const LONGEST_URL = 2_048;
const SECRET_PREFIX = 'whsec_';
const [LEAST_BYTES, MOST_BYTES] = [24, 64];

/** Where events are sent. Its path may be what lets a sender in, so that no message repeats any of it. */
export const readWebhookUrl: Reader<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || /\s/.test(text)) {
    throw new SettingFault('write one URL such as https://events.example.org/tokenwarden');
  }
  if (text.length > LONGEST_URL) throw new SettingFault(`write at most ${LONGEST_URL} characters`);
  if (url.username !== '' || url.password !== '') {
    throw new SettingFault(
      'write it without user and password: receivers tell by the signature who sent an event',
    );
  }
  if (text.includes('#')) throw new SettingFault('write it without a fragment, which no server is sent');
  return url.href;
};

/** What events are signed with, as Standard Webhooks writes it: 24 to 64 bytes in their one right spelling. */
export const readWebhookSecret: Reader<string> = (text) => {
  const written = text.startsWith(SECRET_PREFIX) ? text.slice(SECRET_PREFIX.length) : '';
  const key = Buffer.from(written, 'base64');
  const hasRightSize = key.length >= LEAST_BYTES && key.length <= MOST_BYTES;
  if (!hasRightSize || key.toString('base64') !== written) {
    throw new SettingFault(
      `write whsec_ and ${LEAST_BYTES} to ${MOST_BYTES} bytes in base64, as \`echo whsec_$(openssl rand -base64 32)\` prints them`,
    );
  }
  return text;
};
