import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Loaders } from '@tokenwarden/api';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import type { Caller } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { SAMPLE_SETTINGS, sessionOf, StoredSamples } from '../../test/stored-samples.js';
import { TokenLinksResolver } from './token-links.resolver.js';
import { TokenViews } from './token-views.js';

let server: TestDatabase;
let database: Database;
let views: TokenViews;
let grace: Caller;
const id = { old: '', next: '' };

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  views = new TokenViews(database, SAMPLE_SETTINGS);
  const samples = new StoredSamples(database);
  await samples.signingKey();
  grace = sessionOf(await samples.user('grace'));
  id.old = await samples.tokenOfUser(grace.principal.id);
  id.next = await samples.tokenOfUser(grace.principal.id, { predecessorId: id.old });
  await database.read((tx) =>
    rows(tx, 'UPDATE access_tokens SET rotated_at = now() WHERE id = $1', [id.old]),
  );
});
afterAll(async () => {
  await database.close();
  await server.close();
});

async function linksOf(caller: Caller, tokenId: string) {
  const loaders = new Loaders();
  const token = await views.visibleToken(caller, tokenId, loaders);
  if (!token) throw new Error('The token is not seen.');
  const links = new TokenLinksResolver(views);
  const [predecessor, successor] = await Promise.all([
    links.predecessor(token, caller, loaders),
    links.successor(token, caller, loaders),
  ]);
  return [predecessor?.id ?? null, successor?.id ?? null];
}

describe('what a token came from and became', () => {
  it('is shown both ways to whoever sees both', async () => {
    expect(await linksOf(grace, id.old)).toEqual([null, id.next]);
    expect(await linksOf(grace, id.next)).toEqual([id.old, null]);
  });
  it('is not shown to a token, which sees only itself, unless it reads all', async () => {
    const byToken = { ...grace, carrier: 'token', tokenId: id.next, sessionId: null } as const;
    expect(await linksOf(byToken, id.next)).toEqual([null, null]);
    expect(await linksOf({ ...byToken, permissions: ['tokens:read'] }, id.next)).toEqual([id.old, null]);
  });
  it('takes one statement for a whole page', async () => {
    let statements = 0;
    const counting = Object.create(database) as Database;
    counting.read = (work) => {
      statements += 1;
      return database.read(work);
    };
    const counted = new TokenViews(counting, SAMPLE_SETTINGS);
    const loaders = new Loaders();
    const token = await views.visibleToken(grace, id.old, loaders);
    if (!token) throw new Error('The token is not seen.');
    await Promise.all(Array.from({ length: 20 }, () => counted.successorOf(grace, token, loaders)));
    expect(statements).toBe(2); // the accounts of the caller, and the successors
  });
  it('is null once the predecessor is purged', async () => {
    await database.read((tx) => rows(tx, 'DELETE FROM access_tokens WHERE id = $1', [id.old]));
    expect(await linksOf(grace, id.next)).toEqual([null, null]);
  });
});
