import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalDn,
  canonicalValue,
  isAtOrBelow,
  namingValue,
  placeOf,
  withoutUniqueIdentifier,
} from './dn.rules.js';

const BASE = 'ou=people,dc=example,dc=org';

describe('two DNs', () => {
  it.each([
    ['letter case', 'UID=Ada,OU=People,DC=Example,DC=Org', `uid=ada,${BASE}`],
    ['spaces beside separators', 'uid = ada , ou=people,  dc=example,dc=org ', `uid=ada,${BASE}`],
    ['repeated spaces', 'cn=Ada   Lovelace,dc=org', 'cn=ada lovelace,dc=org'],
    ['an escaped comma', 'cn=Lovelace\\, Ada,dc=org', 'cn=lovelace\\2C ada,dc=org'],
    ['escaped bytes', 'cn=J\\C3\\BCrgen,dc=org', 'cn=Jürgen,dc=org'],
    ['decomposed letters', 'cn=Ju\u0308rgen,dc=org', 'cn=J\u00fcrgen,dc=org'],
    ['capital and final sigma', 'cn=ΟΔΟΣ,dc=org', 'cn=οδος,dc=org'],
    ['an escaped backslash', 'cn=a\\\\b,dc=org', 'cn=a\\5cb,dc=org'],
    ['an escaped plus and equals', 'cn=a\\+b\\=c,dc=org', 'cn=a\\2bb=c,dc=org'],
    ['the order of a name of two parts', 'cn=Ada+uid=ada1,dc=org', 'uid=ADA1 + CN=ada,dc=org'],
    ['the names of types', 'userid=ada,domainComponent=org', 'uid=ada,0.9.2342.19200300.100.1.25=org'],
    ['an OID with its prefix', 'OID.2.5.4.3=ada,dc=org', 'cn=ada,dc=org'],
    ['quotation marks of LDAPv2', 'cn="Lovelace, Ada";dc=org', 'cn=Lovelace\\, Ada,dc=org'],
    ['a value as bytes', 'cn=#0403416461,dc=org', 'cn=Ada,dc=org'],
    ['an escaped space at the end', 'cn=ada\\ ,dc=org', 'cn=ada,dc=org'],
    ['an escaped number sign', 'cn=\\#ada,dc=org', 'cn=\\23ada,dc=org'],
  ])('are one whatever their %s', (_, one, other) => {
    expect(canonicalDn(one)).toBeDefined();
    expect(canonicalDn(one)).toBe(canonicalDn(other));
  });

  it.each([
    ['another name', `uid=ada,${BASE}`, `uid=adam,${BASE}`],
    ['another place', `uid=ada,${BASE}`, 'uid=ada,ou=guests,dc=example,dc=org'],
    ['another type', 'cn=ada,dc=org', 'uid=ada,dc=org'],
    ['an escaped comma where names part', 'cn=a\\,ou=b,dc=org', 'cn=a,ou=b,dc=org'],
    ['an escaped plus where parts part', 'cn=a\\+uid=b,dc=org', 'cn=a+uid=b,dc=org'],
    ['letters that only look alike', 'uid=ada,dc=org', 'uid=\u0430da,dc=org'],
    ['ß and ss', 'uid=strasse,dc=org', 'uid=straße,dc=org'],
    ['other accents', 'uid=jose,dc=org', 'uid=josé,dc=org'],
  ])('are two with %s', (_, one, other) => expect(canonicalDn(one)).not.toBe(canonicalDn(other)));

  it('are one where nothing but case differs, read the short way or the long way', () =>
    fc.assert(
      fc.property(fc.array(plainName(), { minLength: 1, maxLength: 4 }), (names) =>
        expect(canonicalDn(names.join(','))).toBe(canonicalDn(names.join(' , ').toUpperCase())),
      ),
    ));
});

describe('a canonical DN', () => {
  it('is its own canonical DN, and parts into as many names as it was made of', () =>
    fc.assert(
      fc.property(fc.array(anyValue(), { minLength: 1, maxLength: 4 }), (values) => {
        const dn = canonicalDn(values.map((value) => `cn=${escaped(value)}`).join(','));
        expect(dn).toBeDefined();
        expect(canonicalDn(dn ?? '')).toBe(dn);
        expect(dn?.split(',')).toHaveLength(values.length);
      }),
    ));

  it('is as long as its names are: of a root it is empty', () => expect(canonicalDn('')).toBe(''));

  it.each([
    'ada',
    '=ada',
    'uid',
    `uid=ada,,${BASE}`,
    'uid=ada,',
    '1x=ada',
    'uid="ada',
    'uid=ada\\',
    'uid=\\ff',
    'cn=#zz',
    'cn=#0405ff',
    'cn=#04054142',
  ])('is none of %j', (text) => expect(canonicalDn(text)).toBeUndefined());

  it('is found in time that grows with its length, however odd it is', () => {
    for (const odd of ['cn=a ', 'cn=a,', '\\', '"', 'cn=', '+', ' ']) {
      expect(() => canonicalDn(`cn=${odd.repeat(20_000)}`)).not.toThrow();
    }
  });
});

describe('an entry', () => {
  const base = canonicalDn(BASE) ?? '';
  const at = (dn: string) => isAtOrBelow(canonicalDn(dn) ?? '', base);
  it('is at or below its base', () => {
    expect(at(BASE)).toBe(true);
    expect(at(`uid=ada,ou=x,${BASE}`)).toBe(true);
    expect(at('uid=ada,dc=example,dc=org')).toBe(false);
  });
  it('is not below a base that only the end of its own name spells', () => {
    expect(at('uid=ada\\,ou=people,dc=example,dc=org')).toBe(false);
    expect(at('cn=ada+ou=people,dc=example,dc=org')).toBe(false);
  });
  it('is below the root', () => expect(isAtOrBelow('uid=ada', '')).toBe(true));

  it('is named by the canonical value of that type', () => {
    expect(namingValue(`UID=Ada+cn=Ada  L,${BASE}`, 'uid')).toBe('ada');
    expect(namingValue(`UID=Ada+cn=Ada  L,${BASE}`, 'cn')).toBe(canonicalValue('ada l'));
    expect(namingValue(`cn=Ada,${BASE}`, 'uid')).toBeUndefined();
  });

  it('stands, for a log, at the nearest place that is not named after somebody', () => {
    expect(placeOf(`uid=ada,${BASE}`)).toBe(BASE);
    expect(placeOf('cn=phone,cn=Ada Lovelace,OU=People,dc=org')).toBe('ou=people,dc=org');
    expect(placeOf('cn=ada')).toBe('');
    expect(placeOf('nonsense')).toBe('');
  });
});

describe('a unique identifier behind a DN', () => {
  it('is no part of it', () =>
    expect(withoutUniqueIdentifier(`cn=ada,dc=org#'0101'B`)).toBe('cn=ada,dc=org'));
  it('is nothing else that holds a number sign', () =>
    expect(withoutUniqueIdentifier('cn=c#,dc=org')).toBe('cn=c#,dc=org'));
});

function plainName() {
  const letters = fc.string({ unit: fc.constantFrom(..."abcXYZ019_.-@'()"), minLength: 1, maxLength: 6 });
  const words = fc.array(letters, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' '));
  return fc.tuple(fc.constantFrom('cn', 'OU', 'dc', 'Uid'), words).map(([type, value]) => `${type}=${value}`);
}

function anyValue() {
  return fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => text.trim() !== '');
}

function escaped(value: string): string {
  return value.replace(/[\\,+;"<>=#]/g, (character) => `\\${character}`);
}
