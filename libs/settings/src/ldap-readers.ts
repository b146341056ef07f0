import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { textFault } from '@tokenwarden/vocabulary';
import { filterFault } from './filter-syntax.rules.js';
import { hostInUrl } from './loopback.rules.js';
import type { Reader } from './readers.js';
import { SettingFault } from './setting-fault.js';

/** More servers than this are rather a mistake: each sign-in tries them within its 5 seconds. */
const MOST_URLS = 10;
const LONGEST_TEXT = 4_096;
const LDAP_URL = /^(ldaps?):\/\/(?:\[([0-9a-f:.]+)\]|([^\s/?#@:[\]]+))(?::(\d{1,5}))?$/i;
// As DNS has them, and with the underscores that names of containers have.
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[\w-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[\w-]{0,61}[a-z0-9_])?)*$/i;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** One LDAP server or several, separated by blanks, each as `ldap://host:port` or `ldaps://host:port` without a repeat. */
export const readLdapUrls: Reader<string[]> = (text) => {
  const urls = text.split(/\s+/).filter((part) => part !== '');
  if (urls.length === 0) throw new SettingFault('write a URL such as ldaps://ldap.example.org');
  if (urls.length > MOST_URLS) throw new SettingFault(`name at most ${MOST_URLS} servers`);
  const read = urls.map(ldapUrl);
  const faults = read.flatMap((one, index) =>
    'right' in one ? [urls.length > 1 ? `URL ${index + 1}: ${one.right}` : one.right] : [],
  );
  if (faults.length > 0) throw new SettingFault(faults.join('; '));
  return [...new Set(read.flatMap((one) => ('url' in one ? [one.url] : [])))];
};

// A URL may have been given a password: what would be right repeats nothing of it.
function ldapUrl(text: string): { url: string } | { right: string } {
  const [, scheme = '', address, name = '', port] = LDAP_URL.exec(text) ?? [];
  if (scheme === '') {
    return {
      right: 'write ldap:// or ldaps://, a host and, if it is another, a port: nothing before or after them',
    };
  }
  const isKnownHost =
    address === undefined
      ? isIP(name) === 4 || (HOST_NAME.test(name) && !/^[\d.]+$/.test(name))
      : isIP(address) === 6;
  if (!isKnownHost) {
    return { right: 'write a host name or an IP address, an IPv6 address in brackets' };
  }
  const isSecure = scheme.toLowerCase() === 'ldaps';
  const number = port === undefined ? (isSecure ? 636 : 389) : Number(port);
  if (number < 1 || number > 65_535) return { right: 'write a port from 1 to 65535' };
  return { url: `${isSecure ? 'ldaps' : 'ldap'}://${hostInUrl((address ?? name).toLowerCase())}:${number}` };
}

/** Below which entry is searched: a distinguished name. */
export const readBase: Reader<string> = (text) => {
  if (textFault(text, { maximum: LONGEST_TEXT }) !== undefined || !text.includes('=')) {
    throw new SettingFault('write a distinguished name such as ou=people,dc=example,dc=org');
  }
  return text;
};

/** As whom it is read: a distinguished name, or what Active Directory takes besides (`name@domain`, `DOMAIN\name`). */
export const readBindName: Reader<string> = (text) => {
  if (textFault(text, { maximum: LONGEST_TEXT }) !== undefined) {
    throw new SettingFault('write a distinguished name such as cn=tokenwarden,dc=example,dc=org');
  }
  return text;
};

/** The password of a bind, exactly as it is. */
export const readBindPassword: Reader<string> = (text) => text;

/** Which entries count: a filter in the text form of RFC 4515. */
export const readFilter: Reader<string> = (text) => {
  if (text.length > LONGEST_TEXT) throw new SettingFault(`write at most ${LONGEST_TEXT} characters`);
  const fault = filterFault(text);
  if (fault !== undefined) throw new SettingFault(fault);
  return text;
};

/** What would be right, where a file does not hold the certificates of authorities as PEM; undefined where it does. */
export function authoritiesFault(text: string): string | undefined {
  const certificates = text.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) {
    return 'the file holds no certificate: write the authorities into it as PEM (-----BEGIN CERTIFICATE-----)';
  }
  const broken = certificates.findIndex((certificate) => !isCertificate(certificate));
  return broken === -1
    ? undefined
    : `certificate ${broken + 1} of the file cannot be read: write it as PEM, whole`;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
