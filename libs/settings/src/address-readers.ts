import { isIP } from 'node:net';
import { isIdentifier, TEXT_LIMITS, textFault } from '@tokenwarden/vocabulary';
import type { Reader } from './readers.js';
import { SettingFault } from './setting-fault.js';

const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** What to listen on: an address without brackets or port, or a host name. */
export const readHost: Reader<string> = (text) => {
  const looksNumeric = /^[\d.]+$/.test(text);
  if (isIP(text) === 0 && (looksNumeric || !HOST_NAME.test(text))) {
    throw new SettingFault('write an IP address, without brackets or port, or a host name');
  }
  return text.toLowerCase();
};

/** The issuer: exactly as tokens will carry it, hence only in the one spelling that every URL parser agrees on. */
export const readPublicUrl: Reader<string> = (text) => {
  const url = httpUrl(text);
  const isBare = url.search === '' && url.hash === '' && !/[?#]/.test(text);
  const isAnonymous = url.username === '' && url.password === '';
  if (!isBare || !isAnonymous || text.endsWith('/')) {
    throw new SettingFault('write it without credentials, query, fragment and trailing slash');
  }
  const canonical = url.pathname === '/' ? url.origin : url.origin + url.pathname;
  if (text !== canonical) throw new SettingFault(`write it in its canonical form, ${canonical}`);
  return text;
};

/** The origin of a console hosted elsewhere, exactly as its browser sends it. */
export const readOrigin: Reader<string> = (text) => {
  const { origin } = httpUrl(text);
  if (text !== origin) throw new SettingFault(`write scheme, host and port only, ${origin}`);
  return text;
};

function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new SettingFault('write a URL that begins with https:// or http://');
  }
  return url;
}

/** Where Postgres is. It may hold a password, so that no message repeats any of it. */
export const readDatabaseUrl: Reader<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol) || /\s/.test(text)) {
    throw new SettingFault('write one URL such as postgres://user:password@host:5432/tokenwarden');
  }
  if (url.hostname.includes(',')) throw new SettingFault('name one host: the driver does not try several');
  if (url.pathname.length < 2)
    throw new SettingFault('name the database after the host, as in …:5432/tokenwarden');
  return text;
};

/** A proxy whose forwarded headers count: an address or a range of them. */
export const readProxy: Reader<string> = (text) => {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  const longest = family === 4 ? 32 : 128;
  const isRange = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= longest);
  if (family === 0 || address.includes('%') || rest.length > 0 || !isRange) {
    throw new SettingFault('write an IP address or a range such as 10.0.0.0/8');
  }
  return text;
};

/** A group of administrators: its name, or `id:` and its UUID. */
export const readGroup: Reader<string> = (text) => {
  if (text.startsWith('id:')) {
    if (!isIdentifier(text.slice(3))) throw new SettingFault('after id: write a UUID in lower case');
    return text;
  }
  const fault = textFault(text, { maximum: TEXT_LIMITS.username });
  if (fault !== undefined) throw new SettingFault(fault);
  return text;
};

/** Who tokens are for: a URI or another name without blanks, as it stands in the claim `aud`. */
export const readAudience: Reader<string> = (text) => {
  if (!/^[\x21-\x7e]{1,200}$/.test(text))
    throw new SettingFault('write 1 to 200 visible ASCII characters without blanks');
  return text;
};

/** What this instance calls itself in health, logs and receipts. */
export const readInstanceName: Reader<string> = (text) => {
  if (!/^[\x21-\x7e]{1,100}$/.test(text))
    throw new SettingFault('write 1 to 100 visible ASCII characters without blanks');
  return text;
};
