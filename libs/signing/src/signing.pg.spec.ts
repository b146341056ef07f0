import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { Sealing, WrongMasterKeyError } from '@tokenwarden/secrets';
import { readSettings } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import type { TokenClaims } from '@tokenwarden/vocabulary';
import { SigningService, tokenBeginning } from './index.js';

const MASTER_KEY = Buffer.alloc(32, 1);
let server: TestDatabase;
let database: Database;
let lines: string[];
let started: SigningService[];

beforeEach(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  lines = [];
  started = [];
});
afterEach(async () => {
  for (const signing of started) signing.onApplicationShutdown();
  await database.close();
  await server.close();
});

/** One process of the product, as far as signing goes. */
function aProcess(environment: Record<string, string> = {}, masterKey = MASTER_KEY): SigningService {
  const logs = new Logs({ level: 'info', destination: { write: (line) => void lines.push(line) } });
  const settings = readSettings(environment);
  const signing = new SigningService(database, new Sealing(masterKey), settings, new JwtService(), logs);
  started.push(signing);
  return signing;
}

async function aStartedProcess(environment?: Record<string, string>): Promise<SigningService> {
  const signing = aProcess(environment);
  await signing.ensureKey();
  return signing;
}

const sql = <T>(text: string, parameters: unknown[] = []) =>
  database.read((tx) => rows<T>(tx, text, parameters));
const kids = async () =>
  (await sql<{ kid: string }>('SELECT kid FROM signing_keys ORDER BY active_from')).map((row) => row.kid);
const ecJwk = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

function someClaims(more: Partial<TokenClaims> = {}): TokenClaims {
  const jti = randomUUID();
  const iat = Math.floor(Date.now() / 1_000);
  return {
    iss: 'http://127.0.0.1:3000',
    sub: randomUUID(),
    aud: 'a',
    exp: iat + 600,
    iat,
    jti,
    client_id: jti,
    ...more,
  };
}

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

describe('an imported key', () => {
  it('is announced, signs after 300 s, and the one before it retires then', async () => {
    const signing = await aStartedProcess();
    const [old] = await kids();
    const imported = await signing.importKey({ ...ecJwk(), kid: 'tokenwarden-imported' });
    expect(imported).toMatchObject({ kid: 'tokenwarden-imported', algorithm: 'ES256' });
    expect(signing.signer().kid).toBe(old);
    expect(signing.jwks().keys).toHaveLength(2);
    const [times] = await sql<{ seconds: string; same: boolean }>(
      `SELECT extract(epoch FROM n.active_from - n.created_at) AS seconds, o.retired_at = n.active_from AS same
         FROM signing_keys n, signing_keys o WHERE n.kid = $1 AND o.kid = $2`,
      [imported.kid, old],
    );
    expect(Number(times?.seconds)).toBe(300);
    expect(times?.same).toBe(true);
    const events = await sql<{ target_id: string }>(
      `SELECT target_id FROM audit_pending_events WHERE action = 'signing-key.imported'`,
    );
    expect(events).toEqual([{ target_id: imported.kid }]);
  });
  it('signs when its time has come; tokens of the old one go on', async () => {
    const signing = await aStartedProcess();
    const before = await signing.sign(someClaims());
    const { kid } = await signing.importKey(ecJwk());
    await sql(
      `UPDATE signing_keys SET active_from = active_from - interval '301 s', retired_at = retired_at - interval '301 s'`,
    );
    await signing.reread();
    expect(signing.signer().kid).toBe(kid);
    expect(decodeProtectedHeader(await signing.sign(someClaims())).kid).toBe(kid);
    expect(signing.verify(before)).toBeDefined();
  });
  it('may have another algorithm than the one before it', async () => {
    const signing = await aStartedProcess();
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' });
    expect(await signing.importKey(rsa)).toMatchObject({ algorithm: 'RS256' });
    expect(signing.jwks().keys.map((key) => key['alg'])).toEqual(['ES256', 'RS256']);
  });
  it('is the active one at once where there was none', async () => {
    const command = aProcess();
    const { kid } = await command.importKey(ecJwk());
    expect(command.signer().kid).toBe(kid);
  });
  it('is refused a second time, under whatever kid', async () => {
    const signing = await aStartedProcess();
    const jwk = ecJwk();
    await signing.importKey(jwk);
    await expect(signing.importKey({ ...jwk, kid: 'tokenwarden-again' })).rejects.toMatchObject({
      field: 'key',
    });
    await expect(signing.importKey({ ...ecJwk(), kid: (await kids())[0] })).rejects.toMatchObject({
      field: 'key',
    });
    expect(await kids()).toHaveLength(2);
  });
  it('is refused where the running instances could not open it', async () => {
    await aStartedProcess();
    await expect(aProcess({}, Buffer.alloc(32, 2)).importKey(ecJwk())).rejects.toThrow(WrongMasterKeyError);
    expect(await kids()).toHaveLength(1);
  });
});

describe('a key that another process made', () => {
  async function tokenOfAnother(): Promise<string> {
    const other = aProcess();
    await other.importKey(ecJwk());
    await sql(
      `UPDATE signing_keys SET active_from = active_from - interval '301 s', retired_at = retired_at - interval '301 s'`,
    );
    await other.reread();
    return other.sign(someClaims());
  }
  async function until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  it('is learnt by the first token of it', async () => {
    const signing = await aStartedProcess();
    const token = await tokenOfAnother();
    await until(() => signing.verify(token) !== undefined);
  });
  it('is learnt before the answer, where somebody waits', async () => {
    const signing = await aStartedProcess();
    const token = await tokenOfAnother();
    let verified: unknown;
    // Within the first second after a start the keys count as just read.
    while (verified === undefined) verified = await signing.verifyByLatestKeys(token);
    expect(verified).toMatchObject({ claims: { iss: 'http://127.0.0.1:3000' } });
  });
  it('leaves undecided what cannot be decided, and decides garbage all the same', async () => {
    const token = await tokenOfAnother();
    const signing = aProcess();
    const own = await openDatabase(server.url);
    const cutOff = new SigningService(
      own,
      new Sealing(MASTER_KEY),
      readSettings({}),
      new JwtService(),
      new Logs({ level: 'fatal' }),
    );
    await own.close();
    await expect(cutOff.verifyByLatestKeys(token)).rejects.toThrow();
    expect(await cutOff.verifyByLatestKeys(`eyJhbGciOiJub25lIn0.${token}`)).toBeUndefined();
    expect(cutOff.verify(token)).toBeUndefined();
    expect(signing.verify('')).toBeUndefined();
  });
  it('makes no query a token, however many unknown ones come', async () => {
    const signing = await aStartedProcess();
    let reads = 0;
    const read = database.read.bind(database);
    database.read = (work) => {
      reads += 1;
      return read(work);
    };
    const token = await tokenOfAnother();
    const [, payload, signature] = token.split('.');
    reads = 0;
    for (let i = 0; i < 500; i += 1) {
      const header = Buffer.from(`{"alg":"ES256","typ":"at+jwt","kid":"tokenwarden-${i}"}`).toString(
        'base64url',
      );
      await signing.verifyByLatestKeys(`${header}.${payload}.${signature}`);
      signing.verify(`eyJhbGciOiJFUzI1NiIsImtpZCI6IiR9${i}.${payload}.${signature}`);
    }
    expect(reads).toBeLessThan(500 / 10);
  });
});

describe('a withdrawn key', () => {
  it('is unknown: it verifies nothing, signs nothing and is not published', async () => {
    const signing = await aStartedProcess();
    const token = await signing.sign(someClaims());
    await sql('UPDATE signing_keys SET withdrawn_at = clock_timestamp()');
    await signing.reread();
    expect(signing.verify(token)).toBeUndefined();
    expect(await signing.verifyByLatestKeys(token)).toBeUndefined();
    expect(signing.jwks()).toEqual({ keys: [] });
    expect(() => signing.signer()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
  });
});
