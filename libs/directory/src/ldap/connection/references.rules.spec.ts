import { describe, expect, it } from '@jest/globals';
import { isBesideThePoint, shownReference } from './references.rules.js';

describe('a reference to elsewhere', () => {
  it.each([
    'ldap://tw.test/CN=Configuration,DC=tw,DC=test',
    'ldap://tw.test/CN=Schema,CN=Configuration,DC=tw,DC=test',
    'ldap://ForestDnsZones.tw.test/DC=ForestDnsZones,DC=tw,DC=test',
    'ldaps://DomainDnsZones.tw.test:636/dc=domaindnszones,dc=tw,dc=test??sub',
    'ldap://tw.test/CN%3DConfiguration%2CDC%3Dtw%2CDC%3Dtest',
  ])("leaves Active Directory's answer whole where it is its own configuration or DNS: %s", (uri) => {
    expect(isBesideThePoint(uri, 'active-directory')).toBe(true);
    expect(isBesideThePoint(uri, 'openldap')).toBe(false);
    expect(isBesideThePoint(uri, '389ds')).toBe(false);
  });

  it.each([
    ['another domain below this one', 'ldap://child.tw.test/DC=child,DC=tw,DC=test'],
    ['a partition that somebody made', 'ldap://app.tw.test/DC=app,DC=tw,DC=test'],
    ['a folder that is only called so', 'ldap://tw.test/CN=Configuration,OU=people,DC=tw,DC=test'],
    ['what stands below the configuration', 'ldap://tw.test/CN=Sites,CN=Configuration,DC=tw,DC=test'],
    ['a domain that is called so', 'ldap://x/DC=ForestDnsZones'],
    ['no DN', 'ldap://elsewhere.example'],
    ['an empty DN', 'ldap://elsewhere.example/'],
    ['what is no LDAP URL', 'https://tw.test/CN=Configuration,DC=tw,DC=test'],
    ['what is no URL', 'CN=Configuration,DC=tw,DC=test'],
    ['what cannot be decoded', 'ldap://tw.test/CN=Configuration%,DC=tw,DC=test'],
    ['nothing', ''],
  ])('may hide users anywhere else: %s', (_, uri) => {
    expect(isBesideThePoint(uri, 'active-directory')).toBe(false);
  });
});

describe('a reference in words', () => {
  it.each([
    ['ldap://other.example/uid=anna.schmidt,ou=people,dc=x??sub', 'ldap://other.example/ou=people,dc=x'],
    ['ldap://other.example/cn=Anna%20Schmidt%2CDC%3Dx', 'ldap://other.example/dc=x'],
    ['LDAPS://[::1]:636/cn=a+ou=anna,ou=people,dc=x', 'LDAPS://[::1]:636/ou=people,dc=x'],
    ['ldap://child.tw.test/DC=child,DC=tw,DC=test', 'ldap://child.tw.test/dc=child,dc=tw,dc=test'],
    ['ldap:///ou=people', 'ldap:///ou=people'],
    ['ldap://other.example:389', 'ldap://other.example:389'],
    ['ldap://other.example/anna.schmidt', 'ldap://other.example'],
    ['ldap://other.example/uid=anna%', 'ldap://other.example'],
    ['ldap://anna:secret@other.example/dc=x', 'what is no LDAP URL'],
    ['uid=anna.schmidt,ou=people,dc=x', 'what is no LDAP URL'],
  ])('names a server and a place, and no person: %s', (uri, shown) => {
    expect(shownReference(uri)).toBe(shown);
  });
});
