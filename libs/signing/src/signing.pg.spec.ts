import { describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { WrongMasterKeyError } from '@tokenwarden/secrets';
import type { TokenClaims } from '@tokenwarden/vocabulary';
import { tokenBeginning } from './index.js';
import { lines, aProcess, aStartedProcess, sql, kids, ecJwk, someClaims } from '../test/processes.js';

describe('the first start', () => {
  it('makes one key, recorded as an event and in the change log', async () => {
    const signing = await aStartedProcess();
    const [kid] = await kids();
    expect(signing.signer()).toMatchObject({ kid, algorithm: 'ES256' });
    expect(await sql('SELECT action, actor_kind, target_type, target_id FROM audit_pending_events')).toEqual([
      { action: 'signing-key.rotated', actor_kind: 'SYSTEM', target_type: 'signing_key', target_id: kid },
    ]);
    expect(await sql('SELECT kind FROM changes')).toEqual([{ kind: 'signing-key' }]);
  });
  it('makes one key also when several processes start at once', async () => {
    await Promise.all([1, 2, 3, 4].map(() => aStartedProcess()));
    expect(await kids()).toHaveLength(1);
  });
  it('keeps nothing that signs in the database', async () => {
    await aStartedProcess();
    const [row] = await sql<{ text: string; sealed: Buffer }>(
      `SELECT public_jwk::text AS text, sealed_private_key AS sealed FROM signing_keys`,
    );
    expect(row?.text).not.toMatch(/"(d|p|q|dp|dq|qi)"/);
    expect(row?.sealed.includes(Buffer.from('2a8648ce3d0301', 'hex'))).toBe(false); // no PKCS #8 in the clear
  });
});

describe('a later start', () => {
  it('uses the key that is there, and tokens from before go on', async () => {
    const token = await (await aStartedProcess()).sign(someClaims());
    const later = await aStartedProcess();
    expect(await kids()).toHaveLength(1);
    expect(later.verify(token)).toBeDefined();
  });
  it('keeps the algorithm of the key whatever SIGNING_ALGORITHM says, and says so once', async () => {
    await aStartedProcess();
    const later = await aStartedProcess({ SIGNING_ALGORITHM: 'RS256' });
    expect(later.signer().algorithm).toBe('ES256');
    expect(lines.filter((line) => line.includes('SIGNING_ALGORITHM'))).toHaveLength(1);
  });
  it('is refused with another master key, and no key is made', async () => {
    await aStartedProcess();
    const wrong = aProcess({}, Buffer.alloc(32, 2));
    await expect(wrong.ensureKey()).rejects.toThrow(WrongMasterKeyError);
    await expect(wrong.ensureKey()).rejects.toThrow(
      /MASTER_KEY does not open the signing key tokenwarden-.*no new key was made/,
    );
    expect(await kids()).toHaveLength(1);
  });
  it('is refused when a key was put into the row of another', async () => {
    const signing = await aStartedProcess();
    await signing.importKey(ecJwk());
    await sql(
      `UPDATE signing_keys SET sealed_private_key = (SELECT sealed_private_key FROM signing_keys ORDER BY kid LIMIT 1)`,
    );
    await expect(aProcess().ensureKey()).rejects.toThrow('is damaged in the database');
  });
});

describe('a signed token', () => {
  it.each(['ES256', 'RS256'] as const)(
    'of %s has the exact header and its constant beginning',
    async (algorithm) => {
      const signing = await aStartedProcess({ SIGNING_ALGORITHM: algorithm });
      const token = await signing.sign(someClaims());
      const { kid } = signing.signer();
      expect(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).toBe(
        `{"alg":"${algorithm}","typ":"at+jwt","kid":"${kid}"}`,
      );
      expect(token.startsWith(tokenBeginning(algorithm))).toBe(true);
      expect(signing.verify(token)?.kid).toBe(kid);
    },
  );
  it('begins for ES256 with the text of the contract', async () =>
    expect(await (await aStartedProcess()).sign(someClaims())).toMatch(
      /^eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InRva2Vud2FyZGVuL/,
    ));
  it('holds its claims and no others', async () => {
    const signing = await aStartedProcess();
    const claims = someClaims({ aud: ['a', 'b'], scope: 'dataset/*:read' });
    const token = await signing.sign({ ...claims, username: 'ada' } as TokenClaims);
    expect(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())).toEqual(claims);
    expect(signing.verify(token)?.claims).toEqual(claims);
  });
  it('has no scope claim where no scope was asked', async () => {
    const signing = await aStartedProcess();
    const verified = signing.verify(await signing.sign(someClaims({ scope: undefined })));
    expect(verified && 'scope' in verified.claims).toBe(false);
  });
  it('is verified by a client that nobody here wrote, with the JWKS alone', async () => {
    const signing = await aStartedProcess();
    const claims = someClaims();
    const { payload } = await jwtVerify(
      await signing.sign(claims),
      createLocalJWKSet(signing.jwks() as never),
      {
        algorithms: ['ES256'],
        typ: 'at+jwt',
        issuer: claims.iss,
        audience: 'a',
      },
    );
    expect(payload).toEqual(claims);
  });
  it('longer than 6 KiB is not made', async () => {
    const signing = await aStartedProcess();
    await expect(signing.sign(someClaims({ scope: 'x'.repeat(6_000) }))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

describe('the signer of a key', () => {
  it('signs by that very key, also once another one signs what is new', async () => {
    const signing = await aStartedProcess();
    const [old = ''] = await kids();
    await signing.importKey(ecJwk());
    await sql(
      `UPDATE signing_keys SET active_from = active_from - interval '301 s', retired_at = retired_at - interval '301 s'`,
    );
    await signing.reread();
    expect(signing.signer().kid).not.toBe(old);
    const claims = someClaims();
    const token = await signing.signerOf(old)?.sign(claims);
    expect(signing.verify(token ?? '')).toEqual({ kid: old, claims });
  });
  it('is none where the key is unknown', async () =>
    expect((await aStartedProcess()).signerOf('tokenwarden-unknown')).toBeUndefined());
  it('is none once the key is withdrawn, however well this process knew it', async () => {
    const signing = await aStartedProcess();
    const { kid } = signing.signer();
    await sql('UPDATE signing_keys SET withdrawn_at = clock_timestamp()');
    await signing.reread();
    expect(signing.signerOf(kid)).toBeUndefined();
  });
  it('is none where its private part does not open here', async () => {
    const { kid } = (await aStartedProcess()).signer();
    const other = aProcess({}, Buffer.alloc(32, 2));
    await other.reread();
    expect(other.signerOf(kid)).toBeUndefined();
  });
});

describe('the JWKS', () => {
  it.each([
    ['ES256', ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']],
    ['RS256', ['alg', 'e', 'kid', 'kty', 'n', 'use']],
  ])('of an %s key has public members only', async (algorithm, members) => {
    const [key = {}] = (await aStartedProcess({ SIGNING_ALGORITHM: algorithm })).jwks().keys;
    expect(Object.keys(key).sort()).toEqual(members);
    expect(key).toMatchObject({ use: 'sig', alg: algorithm });
  });
  it('drops a retired key when its last token has ended, and not before somebody knows', async () => {
    const signing = await aStartedProcess();
    const [old = ''] = await kids();
    const { kid: next } = await signing.importKey(ecJwk());
    const published = (now: number) =>
      signing
        .jwks(new Date(now))
        .keys.map((key) => key['kid'])
        .sort();
    const settled = Date.now() + 361_000;
    expect(signing.retiredKids(new Date(settled - 62_000))).toEqual([]);
    expect(signing.retiredKids(new Date(settled))).toEqual([old]);
    expect(published(settled)).toEqual([old, next].sort());
    signing.knowLastEnds(new Map([[old, new Date(settled + 1_000)]]));
    expect(published(settled + 999)).toEqual([old, next].sort());
    expect(published(settled + 1_000)).toEqual([next]);
    signing.knowLastEnds(new Map([[old, null]]));
    expect(published(settled)).toEqual([next]);
  });
});
