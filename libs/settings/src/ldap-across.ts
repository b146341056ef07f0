import { DEFINITIONS } from './definitions.js';
import type { GivenSettings, SettingDefinition, SettingKey } from './definitions.js';
import { isLoopback } from './loopback.rules.js';
import { nearestName } from './nearest-name.rules.js';
import type { LdapSettings } from './settings.js';

/** What has no meaning without LDAP_URL. */
const BESIDE_THE_URL = [
  'ldapStartTls',
  'ldapCaFile',
  'ldapBindDn',
  'ldapBindPassword',
  'ldapUserBase',
  'ldapUserFilter',
  'ldapGroupBase',
  'ldapGroupFilter',
  'ldapSchema',
] as const satisfies readonly SettingKey[];

/** All of LDAP_*. */
export const LDAP_KEYS: readonly SettingKey[] = ['ldapUrl', ...BESIDE_THE_URL];

const REQUIRED = [
  ['ldapBindDn', 'name the account that reads the directory; nothing is read anonymously'],
  ['ldapBindPassword', 'give the password of LDAP_BIND_DN'],
  ['ldapUserBase', 'name the entry below which users are found, such as ou=people,dc=example,dc=org'],
] as const satisfies readonly (readonly [SettingKey, string])[];

/** LDAP_* as one: undefined where no LDAP server is named. Complete only where `ldapMistakes` found none. */
export function ldapSettings(given: GivenSettings): LdapSettings | undefined {
  if (given.ldapUrl === undefined) return undefined;
  const userBase = given.ldapUserBase ?? '';
  return {
    urls: given.ldapUrl,
    startTls: given.ldapStartTls ?? false,
    caFile: given.ldapCaFile,
    bindDn: given.ldapBindDn ?? '',
    bindPassword: given.ldapBindPassword ?? '',
    userBase,
    userFilter: given.ldapUserFilter,
    groupBase: given.ldapGroupBase ?? userBase,
    groupFilter: given.ldapGroupFilter,
    schema: given.ldapSchema ?? 'openldap',
  };
}

/** What must hold between the settings of LDAP, and between them and DIRECTORY_FILE. */
export function ldapMistakes(given: GivenSettings, named: ReadonlySet<SettingKey>): string[] {
  if (!named.has('ldapUrl')) {
    return BESIDE_THE_URL.filter((key) => named.has(key)).map(
      (key) => `${DEFINITIONS[key].name}: it goes with LDAP_URL: give that too, or leave this out.`,
    );
  }
  const mistakes = REQUIRED.filter(([key]) => !named.has(key)).map(
    ([key, right]) => `${DEFINITIONS[key].name}: it is required with LDAP_URL: ${right}.`,
  );
  if (named.has('directoryFile')) {
    mistakes.push('LDAP_URL: give either LDAP_URL or DIRECTORY_FILE: people come from one directory.');
  }
  // Active Directory takes other names, too. A wrong schema is a mistake of its own, and says nothing about this.
  const takesOnlyDns = given.ldapSchema === 'openldap' || given.ldapSchema === '389ds';
  if (takesOnlyDns && given.ldapBindDn?.includes('=') === false) {
    mistakes.push(
      'LDAP_BIND_DN: write a distinguished name such as cn=tokenwarden,dc=example,dc=org; user@domain and DOMAIN\\user go with LDAP_SCHEMA=active-directory.',
    );
  }
  if (given.ldapStartTls === true && (given.ldapUrl ?? []).some(isSecure)) {
    mistakes.push(
      'LDAP_START_TLS: ldaps:// is encrypted from its first byte: leave this out, or write ldap:// in LDAP_URL.',
    );
  }
  return mistakes;
}

/** What is allowed and should be known. */
export function ldapWarnings(ldap: LdapSettings | undefined): string[] {
  if (!ldap) return [];
  const plain = ldap.startTls ? [] : ldap.urls.filter((url) => !isSecure(url));
  const open = plain.filter((url) => !isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, '')));
  const warnings: string[] = [];
  if (open.length > 0) {
    warnings.push(
      `LDAP_URL: passwords cross the network in clear on the way to ${open.join(' and ')}. Write ldaps://, or set LDAP_START_TLS=true.`,
    );
  }
  if (ldap.caFile !== undefined && plain.length === ldap.urls.length) {
    warnings.push(
      'LDAP_CA_FILE is given, and no connection is encrypted: write ldaps://, or set LDAP_START_TLS=true.',
    );
  }
  return warnings;
}

const PREFIX = 'LDAP_';
// What container platforms set by themselves for a service that is called "ldap".
const OF_THE_PLATFORM = /^LDAP_(?:SERVICE_(?:HOST|PORT)|PORT_\d+)(?:_\w+)?=|^LDAP_PORT=tcp:/;

/** Names that look like settings of LDAP and are none: rather a slip of the pen, by which a setting goes unread. */
export function unknownLdapNames(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = LDAP_KEYS.flatMap((key) => namesOf(DEFINITIONS[key]));
  const unknown = Object.entries(environment).filter(
    ([name, value]) =>
      /^LDAP_\w{1,60}$/.test(name) && !known.includes(name) && !OF_THE_PLATFORM.test(`${name}=${value}`),
  );
  return unknown.map(([name]) => {
    const suffixes = known.map((one) => one.slice(PREFIX.length));
    const nearest = nearestName(name.slice(PREFIX.length), suffixes);
    const right = nearest === undefined ? `there are ${known.join(', ')}.` : `is ${PREFIX}${nearest} meant?`;
    return `${name} is given, and there is no such setting: ${right}`;
  });
}

function namesOf({ name, isSecret }: SettingDefinition<unknown>): string[] {
  return isSecret ? [name, `${name}_FILE`] : [name];
}

function isSecure(url: string): boolean {
  return url.startsWith('ldaps:');
}
