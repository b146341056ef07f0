import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterEach, beforeEach } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { Sealing } from '@tokenwarden/secrets';
import { readSettings } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import type { TokenClaims } from '@tokenwarden/vocabulary';
import { SigningService } from '../src/index.js';

/** The master key of every process that is given no other. */
export const MASTER_KEY = Buffer.alloc(32, 1);
/** Where that database is. */
export let server: TestDatabase;
/** The database of the spec that runs. */
export let database: Database;
/** What its processes have logged. */
export let lines: string[];
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
export function aProcess(environment: Record<string, string> = {}, masterKey = MASTER_KEY): SigningService {
  const logs = new Logs({ level: 'info', destination: { write: (line) => void lines.push(line) } });
  const settings = readSettings(environment);
  const signing = new SigningService(database, new Sealing(masterKey), settings, new JwtService(), logs);
  started.push(signing);
  return signing;
}

/** One that has its keys. */
export async function aStartedProcess(environment?: Record<string, string>): Promise<SigningService> {
  const signing = aProcess(environment);
  await signing.ensureKey();
  return signing;
}

/** The rows of a statement on that database. */
export const sql = <T>(text: string, parameters: unknown[] = []) =>
  database.read((tx) => rows<T>(tx, text, parameters));
/** The keys in the order in which they sign. */
export const kids = async () =>
  (await sql<{ kid: string }>('SELECT kid FROM signing_keys ORDER BY active_from')).map((row) => row.kid);
/** A private key from elsewhere. */
export const ecJwk = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

/** Claims of a token that somebody could have been issued. */
export function someClaims(more: Partial<TokenClaims> = {}): TokenClaims {
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
