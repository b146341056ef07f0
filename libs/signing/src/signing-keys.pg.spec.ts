import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { readSettings } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import { decodeProtectedHeader } from 'jose';
import { openDatabase } from '@tokenwarden/database';
import { Sealing, WrongMasterKeyError } from '@tokenwarden/secrets';
import { until } from '../../../test/harness/index.js';
import { SigningService } from './index.js';
import {
  MASTER_KEY,
  server,
  database,
  aProcess,
  aStartedProcess,
  sql,
  kids,
  ecJwk,
  someClaims,
} from '../test/processes.js';

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
