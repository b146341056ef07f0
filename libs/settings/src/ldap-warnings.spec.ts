import { rootCertificates } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { readSettings } from './index.js';

const [AUTHORITY = ''] = rootCertificates;
const LDAP = {
  LDAP_URL: 'ldaps://ldap.example.org',
  LDAP_BIND_DN: 'cn=tokenwarden,dc=example,dc=org',
  LDAP_BIND_PASSWORD: 'hunter2-of-ldap',
  LDAP_USER_BASE: 'ou=people,dc=example,dc=org',
};

describe('a warning about LDAP', () => {
  const warningsOf = (more: Record<string, string>) =>
    readSettings({ ...LDAP, ADMIN_GROUPS: 'ops', ...more }, () => AUTHORITY).warnings;
  it.each(['ldap://ldap.example.org', 'ldap://[2001:db8::1]', 'ldap://127.0.0.1 ldap://ldap.example.org'])(
    'says that passwords cross the network in clear to %s',
    (url) =>
      expect(warningsOf({ LDAP_URL: url })).toEqual([
        expect.stringMatching(
          /^LDAP_URL: passwords cross the network in clear on the way to ldap:\/\/[^ ]+\./,
        ),
      ]),
  );
  it.each([
    { LDAP_URL: 'ldap://127.0.0.1 ldap://[::1] ldap://localhost' },
    { LDAP_URL: 'ldaps://ldap.example.org' },
    { LDAP_URL: 'ldap://ldap.example.org', LDAP_START_TLS: 'true' },
    { LDAP_CA_FILE: '/etc/tw/ca.pem' },
  ] as Record<string, string>[])('is not made of %j', (more) => expect(warningsOf(more)).toEqual([]));
  it('says that LDAP_CA_FILE has no use where nothing is encrypted', () =>
    expect(warningsOf({ LDAP_URL: 'ldap://localhost', LDAP_CA_FILE: '/etc/tw/ca.pem' })).toEqual([
      expect.stringMatching(/^LDAP_CA_FILE is given, and no connection is encrypted/),
    ]));
  it.each([
    ['LDAP_USER_BSE', 'is LDAP_USER_BASE meant?'],
    ['LDAP_PASSWORD', 'is LDAP_BIND_PASSWORD meant?'],
    ['LDAP_STARTTLS', 'is LDAP_START_TLS meant?'],
    ['LDAP_BIND_DN_FILE', 'is LDAP_BIND_DN meant?'],
    ['LDAP_PORT', 'there are LDAP_URL, LDAP_START_TLS, '],
    ['LDAP_X', 'there are LDAP_URL, LDAP_START_TLS, '],
  ])('says that there is no %s, and which setting comes nearest', (name, right) => {
    const expected = [expect.stringContaining(`${name} is given, and there is no such setting: ${right}`)];
    expect(warningsOf({ [name]: 'hunter2' })).toEqual(expected);
    expect(warningsOf({ [name]: 'hunter2' }).join()).not.toContain('hunter2');
    expect(readSettings({ [name]: '' }).warnings).toEqual(expected);
  });
  it('is not made of what a container platform says of a service called ldap', () =>
    expect(
      warningsOf({ LDAP_SERVICE_HOST: '10.0.0.7', LDAP_PORT: 'tcp://x', LDAP_PORT_389_TCP_ADDR: 'x' }),
    ).toEqual([]));
});
