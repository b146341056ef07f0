import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Loaders } from '@tokenwarden/api';
import { databaseNow, openDatabase, rows, type Database } from '@tokenwarden/database';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { SAMPLE_SETTINGS, sessionOf, StoredSamples } from '../../test/stored-samples.js';
import { TokenViews } from '../token-views/token-views.js';

const DAY = 86_400_000;

let server: TestDatabase;
let database: Database;
let views: TokenViews;
let midnight: number;
const id = { ada: '', grace: '', etl: '', group: '', own: '' };

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  views = new TokenViews(database, SAMPLE_SETTINGS);
  const samples = new StoredSamples(database);
  await samples.signingKey();
  id.group = await samples.group();
  id.ada = await samples.user('ada');
  id.grace = await samples.user('grace', [id.group]);
  id.etl = await samples.account('etl', [id.group]);
  midnight = Math.floor((await database.read(databaseNow)).getTime() / DAY) * DAY;
  const endsAt = (moment: number) => new Date(moment).toISOString();
  await samples.tokenOfUser(id.ada, { endsAt: endsAt(midnight + DAY) });
  id.own = await samples.tokenOfUser(id.grace, { endsAt: endsAt(midnight + 2 * DAY - 1_000) });
  await samples.tokenOfUser(id.grace, { endsAt: endsAt(midnight + DAY), suspended: true });
  await samples.tokenOfUser(id.grace, { endsAt: endsAt(midnight + DAY), revoked: true });
  await samples.tokenOfUser(id.grace, { endsAt: endsAt(midnight - DAY) });
  await samples.tokenOfAccount(id.etl, { endsAt: endsAt(midnight + 3 * DAY) });
  await samples.tokenOfAccount(id.etl, { endsAt: endsAt(midnight + 4 * DAY - 1_000) });
});
afterAll(async () => {
  await database.close();
  await server.close();
});

const reader = () => sessionOf(id.ada, { permissions: ['tokens:read'] });
const forecast = (caller = reader(), days = 4) => views.expiryForecast(caller, days, new Loaders());
const counts = async (...asked: Parameters<typeof forecast>) =>
  (await forecast(...asked)).map(({ userTokens, serviceAccountTokens }) => [
    userTokens,
    serviceAccountTokens,
  ]);

describe('the forecast of ends', () => {
  it('counts live tokens by the day in UTC on which they end, from today, empty days too', async () => {
    const days = await forecast();
    expect(days.map(({ date }) => date)).toEqual(
      [0, 1, 2, 3].map((ahead) => new Date(midnight + ahead * DAY).toISOString().slice(0, 10)),
    );
    expect(await counts()).toEqual([
      [0, 0],
      [3, 0],
      [0, 0],
      [0, 2],
    ]);
  });
  it('ends with its last day', async () => {
    expect(await counts(reader(), 1)).toEqual([[0, 0]]);
    expect(await counts(reader(), 3)).toEqual([
      [0, 0],
      [3, 0],
      [0, 0],
    ]);
    expect(await forecast(reader(), 366)).toHaveLength(366);
  });
  it("shows in a session what the caller's list shows, and by token the token itself", async () => {
    const grace = sessionOf(id.grace, { groupIds: [id.group] });
    expect(await counts(grace)).toEqual([
      [0, 0],
      [2, 0],
      [0, 0],
      [0, 2],
    ]);
    const byToken = { ...grace, carrier: 'token', tokenId: id.own, sessionId: null } as const;
    expect(await counts(byToken, 2)).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });
  it('takes what a bulk revocation names as ended, before the rows say so', async () => {
    await database.read((tx) =>
      rows(
        tx,
        `WITH revocation AS (
           INSERT INTO bulk_revocations (id, revoked_at, author, token_count)
           VALUES (gen_random_uuid(), now(), '{"actor": {"kind": "SYSTEM", "id": null, "name": "Tokenwarden"}}', 1) RETURNING id)
         INSERT INTO bulk_revocation_sets (revocation_id, first_id, last_id, token_ids)
         SELECT id, $1::uuid, $1::uuid, ARRAY[$1::uuid] FROM revocation`,
        [id.own],
      ),
    );
    expect(await counts(reader(), 2)).toEqual([
      [0, 0],
      [2, 0],
    ]);
  });
});
