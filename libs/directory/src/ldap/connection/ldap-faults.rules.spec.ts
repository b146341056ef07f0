import { describe, expect, it } from '@jest/globals';
import { isOfTheServer, readerBindFault, searchFault, socketFault } from './ldap-faults.rules.js';

const plain = { host: 'ldap.example.org', hasCaFile: false, isSecuring: false };
const securing = { ...plain, isSecuring: true };
const coded = (code: string) => Object.assign(new Error('whatever Node says'), { code });

describe('what an error of a socket means', () => {
  it.each([
    ['ECONNREFUSED', 'unreachable', 'host and port of LDAP_URL'],
    ['ENOTFOUND', 'unreachable', 'ldap.example.org does not lead to an address'],
    ['EAI_AGAIN', 'unreachable', 'does not lead to an address'],
    ['EHOSTUNREACH', 'unreachable', 'no way to it'],
    ['ECONNRESET', 'cut', 'broke before it had answered'],
    ['EMFILE', 'unreachable', '(EMFILE)'],
  ])('%s is %s, in words', (code, kind, words) => {
    const fault = socketFault(coded(code), plain);
    expect(fault.kind).toBe(kind);
    expect(fault.sentence).toContain(words);
  });

  it.each([
    ['CERT_HAS_EXPIRED', 'expired'],
    ['CERT_NOT_YET_VALID', 'not valid yet'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'not for ldap.example.org'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'an authority that is not trusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'LDAP_CA_FILE'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'does not speak TLS'],
    ['ECONNRESET', 'does not speak TLS'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'TLS 1.2 or 1.3 is needed'],
  ])('%s while TLS is set up says whom not to trust, in words', (code, words) => {
    const fault = socketFault(coded(code), securing);
    expect(fault.kind).toBe('untrusted');
    expect(fault.sentence).toContain(words);
  });

  it('says what LDAP_CA_FILE lacks where it is set, and that it exists where it is not', () => {
    const code = coded('SELF_SIGNED_CERT_IN_CHAIN');
    expect(socketFault(code, { ...securing, hasCaFile: true }).sentence).toContain('LDAP_CA_FILE must hold');
    expect(socketFault(code, securing).sentence).toContain('Name the file');
  });

  it('shows nothing of an error but its code', () => {
    const error = Object.assign(new Error('password hunter2'), { code: 'EWHATEVER' });
    expect(socketFault(error, plain).sentence).not.toContain('hunter2');
    expect(socketFault('no error at all', plain).sentence).toContain('unknown');
  });
});

describe('what the end of a search means', () => {
  it.each([
    [3, 'incomplete'],
    [4, 'incomplete'],
    [11, 'incomplete'],
    [10, 'incomplete'],
    [32, 'missing'],
    [50, 'refused'],
    [8, 'refused'],
    [13, 'refused'],
    [51, 'busy'],
    [52, 'busy'],
    [1, 'other'],
    [53, 'other'],
    [80, 'other'],
  ])('result %i is %s', (code, kind) => {
    expect(searchFault(code, 'ou=people,dc=x').kind).toBe(kind);
    expect(searchFault(code, undefined).kind).toBe(kind);
  });

  it('names the base where that is what may be wrong', () => {
    expect(searchFault(32, 'ou=people,dc=x').sentence).toMatch(/"ou=people,dc=x".*LDAP_USER_BASE/);
  });
});

it('a search for one entry that failed does not say whose it is', () => {
  for (const code of [3, 10, 32, 50, 51, 80])
    expect(searchFault(code, undefined).sentence).not.toMatch(/undefined|"/);
});

describe('what it means that LDAP_BIND_DN cannot bind', () => {
  it.each([
    [49, 'refused', 'LDAP_BIND_PASSWORD'],
    [34, 'refused', 'LDAP_BIND_DN'],
    [53, 'refused', 'locked'],
    [19, 'refused', 'locked'],
    [8, 'refused', 'LDAP_START_TLS=true'],
    [13, 'refused', 'ldaps://'],
    [52, 'busy', 'not ready'],
    [2, 'other', 'result 2'],
  ])('result %i is %s, in words', (code, kind, words) => {
    const fault = readerBindFault(code);
    expect(fault.kind).toBe(kind);
    expect(fault.sentence).toContain(words);
  });
});

it('another server is asked where this one failed, and not where the answer would be the same', () => {
  for (const kind of ['unreachable', 'untrusted', 'late', 'cut', 'busy', 'refused', 'other'] as const)
    expect(isOfTheServer(kind)).toBe(true);
  for (const kind of ['missing', 'incomplete', 'setting', 'aborted'] as const)
    expect(isOfTheServer(kind)).toBe(false);
});
