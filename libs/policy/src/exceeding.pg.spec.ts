import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { exceedsPolicy } from './exceeding.queries.js';

let server: TestDatabase;
let database: Database;
beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
});
afterAll(async () => {
  await database.close();
  await server.close();
});

const profiles = [
  { name: 'short', maximum: 'PT1H' },
  { name: 'long', maximum: 'P365D' },
];

async function exceeds(profile: string, seconds: number): Promise<boolean | undefined> {
  const parameters: unknown[] = [profile, seconds];
  const condition = exceedsPolicy('t', profiles, (value) => `$${parameters.push(value)}`);
  const [row] = await database.read((tx) =>
    rows<{ exceeds: boolean }>(
      tx,
      `SELECT ${condition} AS exceeds FROM (SELECT $1::text AS profile, timestamptz '2026-03-01Z' AS created_at,
         timestamptz '2026-03-01Z' + $2::integer * interval '1 second' AS ends_at) AS t`,
      parameters,
    ),
  );
  return row?.exceeds;
}

describe('a token that lives longer than the policy allows today', () => {
  it.each([
    ['short', 3_600, false],
    ['short', 3_601, true],
    ['long', 365 * 86_400, false],
    ['long', 365 * 86_400 + 1, true],
  ])('of the profile %s with %d seconds: %p', async (profile, seconds, expected) =>
    expect(await exceeds(profile, seconds)).toBe(expected),
  );
  it('is every one of a profile that is gone, however short', async () => {
    expect(await exceeds('gone', 1)).toBe(true);
    expect(await exceeds('gone', 0)).toBe(true);
  });
});
