import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pageOf } from '@tokenwarden/api';
import { openDatabase, rows, type Database, type Transaction } from '@tokenwarden/database';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { expiryForecast } from '../expiry-forecast/expiry-forecast.queries.js';
import { sampleSelection, StoredSamples } from '../../test/stored-samples.js';
import { countTokens } from './token-count.queries.js';
import { tokensOnPage } from './token-list.queries.js';
import { TokenOrderField, type TokenFilter, type TokenOrder } from './token-list.types.js';
import { NEWEST_FIRST, stretchesOf } from './token-orders.js';
import { partsOf } from './token-parts.queries.js';
import type { TokenSelection } from './token-selection.queries.js';
import { countTokensOfEach, tokensOnPageOfEach } from './tokens-of-each.queries.js';
import { merge } from './token-walks.queries.js';

const DAY = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY);

let server: TestDatabase;
let database: Database;
const id = { user: '', account: '', group: '' };

// Some ten thousand tokens of 200 users and 20 accounts: most ended, few suspended or revoked, kinds, profiles, ends and
// uses as they come in a company. Statistics as autovacuum would have them.
const tokens = (first: number, last: number) => `
INSERT INTO access_tokens (id, kind, user_id, service_account_id, name, search_text, profile, scopes, audiences, issuer, kid,
  created_at, created_by, expires_at, ends_at, suspended_at, suspended_by, revoked_at, revoked_by, first_used_at)
SELECT gen_random_uuid(), made.kind, CASE WHEN made.kind = 'USER' THEN md5('user' || n % 200)::uuid END,
  CASE WHEN made.kind <> 'USER' THEN md5('account' || n % 20)::uuid END, 'token ' || n, 'token ' || n, made.profile,
  CASE WHEN n % 50 = 0 THEN NULL ELSE ARRAY['a:b'] END, '{https://here.example}', 'http://127.0.0.1:3000', 'tokenwarden-sample',
  made.created_at, '{}', made.created_at + made.life, made.created_at + made.life,
  CASE WHEN n % 101 = 0 THEN made.created_at END, CASE WHEN n % 101 = 0 THEN '{}'::jsonb END,
  CASE WHEN n % 97 = 0 THEN made.created_at END, CASE WHEN n % 97 = 0 THEN '{}'::jsonb END,
  CASE WHEN n % 3 > 0 THEN made.created_at END
FROM generate_series(${first}, ${last}) AS n CROSS JOIN LATERAL (SELECT
  CASE WHEN n % 15 = 0 THEN 'SERVICE_ACCOUNT' ELSE 'USER' END AS kind,
  CASE WHEN n % 15 = 0 THEN 'automation' WHEN n % 60 = 1 THEN 'ephemeral' ELSE 'interactive' END AS profile,
  date_trunc('second', now() - n % 365 * interval '1 day' - n * interval '1 second') AS created_at,
  CASE WHEN n % 15 = 0 THEN interval '365 days' ELSE interval '7 days' END AS life) AS made`;

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  const samples = new StoredSamples(database);
  await samples.signingKey();
  id.group = await samples.group();
  for (const sql of [
    `INSERT INTO users (id, username, canonical_username, display_name, search_text)
     SELECT md5(name)::uuid, name, name, name, name FROM (SELECT 'user' || n AS name FROM generate_series(0, 199) AS n) AS named`,
    `INSERT INTO service_accounts (id, name, search_text, created_at, created_by)
     SELECT md5(name)::uuid, name, name, now(), '{}' FROM (SELECT 'account' || n AS name FROM generate_series(0, 19) AS n) AS named`,
    ...Array.from({ length: 15 }, (_, part) => tokens(part * 2_000 + 1, (part + 1) * 2_000)),
    `INSERT INTO token_uses SELECT id, least(now(), created_at + (ends_at - created_at) * (length(name) / 12.0)) FROM access_tokens
     WHERE first_used_at IS NOT NULL`,
    'VACUUM ANALYZE',
  ]) {
    await database.read((tx) => rows(tx, sql), { withinSeconds: 100 });
  }
  const [first] = await database.read((tx) =>
    rows<{ user: string; account: string }>(
      tx,
      `SELECT md5('user1')::uuid AS user, md5('account0')::uuid AS account`,
    ),
  );
  Object.assign(id, first);
  await database.read((tx) =>
    rows(tx, 'INSERT INTO group_members SELECT $1, id FROM users ORDER BY username LIMIT 3', [id.group]),
  );
}, 120_000);
afterAll(async () => {
  await database.close();
  await server.close();
});

/** The plan of every statement that the work sends; it runs them too. */
async function plansOf(
  work: (tx: Transaction) => Promise<unknown>,
): Promise<{ sql: string; plan: string }[]> {
  const plans: { sql: string; plan: string }[] = [];
  await database.read((tx) => {
    const query = async (sql: string, parameters?: unknown[]) => {
      const lines = await tx.query<{ 'QUERY PLAN': string }[]>(`EXPLAIN ${sql}`, parameters);
      plans.push({ sql, plan: lines.map((line) => line['QUERY PLAN']).join('\n') });
      return tx.query<unknown>(sql, parameters);
    };
    return work(Object.assign(Object.create(tx) as object, { query }) as unknown as Transaction);
  });
  return plans;
}

function expectIndexes(plans: readonly { sql: string; plan: string }[]): void {
  expect(plans.length).toBeGreaterThan(0);
  for (const { sql, plan } of plans) {
    expect(plan).not.toContain('Seq Scan on access_tokens');
    expect(plan).not.toContain('Seq Scan on token_uses');
    // Only what was counted before, or cut at a depth, is sorted: a walk goes in the order of its index. Whether it goes on
    // may be found out either way where it is believed to be short.
    const isBounded = sql.includes('AS led') || sql.includes('merged') || /OFFSET \d+ LIMIT 1$/.test(sql);
    if (!isBounded) expect(plan).not.toMatch(/\bSort\b/);
  }
}

const stored: [string, () => Partial<TokenFilter>][] = [
  ['nothing', () => ({})],
  ['an owner', () => ({ userId: id.user })],
  ['an account', () => ({ serviceAccountId: id.account })],
  ['a group', () => ({ groupId: id.group })],
  ['a kind', () => ({ kind: 'SERVICE_ACCOUNT' })],
  ['ACTIVE', () => ({ status: ['ACTIVE'] })],
  ['SUSPENDED', () => ({ status: ['SUSPENDED'] })],
  ['EXPIRED', () => ({ status: ['EXPIRED'] })],
  ['REVOKED', () => ({ status: ['REVOKED'] })],
  ['a profile', () => ({ profile: 'ephemeral' })],
  ['a part of the name', () => ({ search: 'OKEN 2999' })],
  ['creation', () => ({ createdAfter: inDays(-20), createdBefore: inDays(-10) })],
  ['end', () => ({ endsAfter: inDays(0), endsBefore: inDays(7) })],
  ['last use', () => ({ unusedSince: inDays(-90) })],
  ['never used', () => ({ neverUsed: true })],
  ['used', () => ({ neverUsed: false })],
  ['unscoped', () => ({ unscoped: true })],
];
const pairs: [string, () => Partial<TokenFilter>][] = [
  ['owner and status', () => ({ userId: id.user, status: ['ACTIVE'] })],
  ['owner and end', () => ({ userId: id.user, endsBefore: inDays(3), endsAfter: inDays(0) })],
  ['owner and last use', () => ({ userId: id.user, unusedSince: inDays(-90) })],
  ['owner and kind', () => ({ userId: id.user, kind: 'USER' })],
  ['account and status', () => ({ serviceAccountId: id.account, status: ['REVOKED'] })],
  ['account and end', () => ({ serviceAccountId: id.account, endsAfter: inDays(300) })],
  ['account and last use', () => ({ serviceAccountId: id.account, neverUsed: true })],
  ['kind and status', () => ({ kind: 'USER', status: ['ACTIVE'] })],
  ['the other kind and status', () => ({ kind: 'SERVICE_ACCOUNT', status: ['EXPIRED'] })],
  ['kind and end', () => ({ kind: 'SERVICE_ACCOUNT', endsBefore: inDays(7), endsAfter: inDays(0) })],
  ['kind and last use', () => ({ kind: 'SERVICE_ACCOUNT', unusedSince: inDays(-300) })],
  ['status and end', () => ({ status: ['SUSPENDED'], endsBefore: inDays(30) })],
  ['status and last use', () => ({ status: ['ACTIVE'], unusedSince: inDays(-60) })],
  ['end and last use', () => ({ endsAfter: inDays(0), endsBefore: inDays(30), neverUsed: true })],
];
const orders = Object.values(TokenOrderField).flatMap((field) =>
  (['ASC', 'DESC'] as const).map((direction): TokenOrder => ({ field, direction })),
);

describe('the plans of an inventory', () => {
  it.each([...stored, ...pairs])('by %s go by indexes, in every order, at both ends', async (_, filter) => {
    const selection = sampleSelection(filter());
    for (const order of orders) {
      for (const args of [{ first: 50 }, { last: 50 }]) {
        expectIndexes(await plansOf((tx) => tokensOnPage(tx, selection, order, pageOf(args, ''))));
      }
    }
  });

  it.each([...stored.slice(1), ...pairs])(
    'by %s go by indexes when tokens are counted',
    async (_, filter) => {
      expectIndexes(await plansOf((tx) => countTokens(tx, sampleSelection(filter()))));
    },
  );

  it('go by the index of the order behind a cursor too', async () => {
    for (const order of orders) {
      const page = pageOf({ first: 50 }, '');
      const found = await database.read((tx) => tokensOnPage(tx, sampleSelection(), order, page));
      const after = found.at(-1)?.key;
      if (!after) throw new Error('There is a second page.');
      const next = { ...page, after };
      const plans = await plansOf((tx) => tokensOnPage(tx, sampleSelection(), order, next));
      expectIndexes(plans);
      expect(plans.map(({ plan }) => plan).join('\n')).toMatch(/Index Cond: \(ROW\(/);
    }
  });

  it('merge the walks of each principal, and of each week, by its own index', async () => {
    const ids = await database.read((tx) => rows<{ id: string }>(tx, 'SELECT id FROM users LIMIT 100'));
    const page = pageOf({ last: 50 }, '');
    const [stretch] = stretchesOf(NEWEST_FIRST, page);
    if (!stretch) throw new Error('The order of creation is one stretch.');
    const merging = (selection: TokenSelection) =>
      plansOf(async (tx) => {
        const sought = { selection, source: 'access_tokens', byEnd: 'access_tokens', areEndsMoving: false };
        const parts = await partsOf(tx, sought, page);
        if (!parts) throw new Error('This selection has parts.');
        await merge(tx, sought, parts, { ...stretch, depth: parts.depth });
      });
    const byPrincipal = await merging(sampleSelection({}, { principalIds: ids.map((user) => user.id) }));
    expectIndexes(byPrincipal);
    expect(byPrincipal.at(-1)?.plan).toContain('using access_tokens_of_principal on access_tokens w');
    const byWeek = await merging(sampleSelection({ status: ['EXPIRED'] }));
    expectIndexes(byWeek);
    expect(byWeek.at(-1)?.plan).toContain('using access_tokens_by_week_of_end on access_tokens w');
  });

  it.each([...stored, ...pairs])('by %s look at bounded stretches of many owners', async (_, filter) => {
    const ids = await database.read((tx) => rows<{ id: string }>(tx, 'SELECT id FROM users LIMIT 100'));
    const owners = ids.map((user) => user.id);
    const selection = sampleSelection(filter());
    const lists = orders.map(
      (order) => (tx: Transaction) =>
        tokensOnPageOfEach(tx, owners, selection, order, pageOf({ first: 50 }, '')),
    );
    for (const work of [...lists, (tx: Transaction) => countTokensOfEach(tx, owners, selection)]) {
      for (const { plan, sql } of await plansOf(work)) {
        expect(plan).not.toMatch(/Seq Scan on (access_tokens|token_uses)/);
        if (sql.includes('principal.id'))
          expect(plan).toMatch(/Limit[\s\S]* (on|using) access_tokens_(live_)?of_principal/);
      }
    }
  });

  it('of the forecast go by the end', async () => {
    const [forecast] = await plansOf((tx) => expiryForecast(tx, 'all', 30)).then((plans) =>
      plans.filter(({ sql }) => sql.includes('ending')),
    );
    expect(forecast?.plan).toContain('access_tokens_unrevoked_by_end');
    expect(forecast?.plan).not.toContain('Seq Scan on access_tokens');
  });
});
