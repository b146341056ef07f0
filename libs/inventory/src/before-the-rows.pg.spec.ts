import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { CappedWorld, type Happening } from '../test/capped-world.js';
import { StoredSamples } from '../test/stored-samples.js';

let server: TestDatabase;
let database: Database;
let samples: StoredSamples;
let owner: string;
beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  samples = new StoredSamples(database);
  await samples.signingKey();
  owner = await samples.user('ada');
});
afterAll(async () => {
  await database.close();
  await server.close();
});

const HOUR = 3_600;
const TOKENS = 8;
const PROFILES = ['short', 'long', 'other'] as const;
// Ends lie at whole hours from ten hours ago on and half an hour off, so that no moment of the run is near one.
const anyToken = fc.record({
  profile: fc.constantFrom(...PROFILES),
  ageHours: fc.integer({ min: 1, max: 60 }),
  endsInHours: fc.integer({ min: -10, max: 80 }),
});
const place = fc.integer({ min: 0, max: TOKENS - 1 });
const seconds = (minimum: number) =>
  fc.integer({ min: minimum, max: 90 }).map((hours) => hours * HOUR + HOUR / 2);
const anyCap = fc.record({
  what: fc.constant('cap' as const),
  maxima: fc.dictionary(fc.constantFrom(...PROFILES, 'gone'), seconds(0), { minKeys: 1, maxKeys: 3 }),
  enforceIn: fc.oneof(fc.constant(-HOUR / 2), seconds(0)),
});
const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: anyCap },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('revoke many' as const),
      places: fc.array(place, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom('suspend' as const, 'resume' as const, 'revoke' as const, 'remove' as const),
      place,
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('rotate' as const), place, overlap: seconds(0) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constantFrom('write a set of a cap' as const, 'write a set of a revocation' as const),
    }),
  },
);

describe('what is decided over many tokens', () => {
  it('is said of them before their rows are written as after, and no end moves later', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyToken, { minLength: TOKENS, maxLength: TOKENS }),
        fc.array(anyHappening, { minLength: 1, maxLength: 12 }),
        async (tokens, happenings) => {
          await database.read((tx) =>
            rows(tx, 'TRUNCATE access_tokens, bulk_caps, bulk_revocations, token_uses CASCADE'),
          );
          const base = new Date(Math.floor(Date.now() / 1_000) * 1_000);
          const at = (hours: number) => new Date(base.getTime() + hours * HOUR * 1_000).toISOString();
          const ids: string[] = [];
          for (const [index, { profile, ageHours, endsInHours }] of tokens.entries()) {
            const token = { name: `t-${(run += 1)}-${index % 3}`, profile, createdAt: at(-ageHours) };
            const endsAt = at(Math.max(endsInHours, 1 - ageHours) + 0.25);
            ids.push(await samples.tokenOfUser(owner, { ...token, endsAt }));
          }
          const world = new CappedWorld(database, base);
          let ends = await world.ends(ids);
          for (const happening of happenings) {
            await world.happen(happening, ids);
            const now = await world.ends(ids);
            for (const [id, end] of now)
              expect(end.getTime()).toBeLessThanOrEqual(ends.get(id)?.getTime() ?? 0);
            ends = now;
          }
          const before = await world.said(ids);
          await world.writeAll();
          expect(await world.said(ids)).toEqual(before);
        },
      ),
      { numRuns: 25 },
    );
  }, 120_000);
});
