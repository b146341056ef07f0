import { randomBytes } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Loaders } from '@tokenwarden/api';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { TokenViews } from '@tokenwarden/inventory';
import { ResolvingService, UseTally, type Usability } from '@tokenwarden/resolving';
import { Sealing } from '@tokenwarden/secrets';
import { readSettings } from '@tokenwarden/settings';
import { SigningService } from '@tokenwarden/signing';
import { Logs, Metrics } from '@tokenwarden/telemetry';
import { covers, type Caller } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';

// Every state of a principal with every state of a token, its key, its issuer, its audiences and its scopes.
const WORLD = `
INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from, withdrawn_at) VALUES
  ('tokenwarden-good', 'ES256', '{}', '', now(), NULL), ('tokenwarden-withdrawn', 'ES256', '{}', '', now(), now());
INSERT INTO groups (id, name, search_text, grants, state, removed_at)
  SELECT md5(name)::uuid, name, name, grants::text[], state, CASE state WHEN 'REMOVED' THEN now() END FROM (VALUES
    ('lake', '{dataset/sales/*:read,job:*}', 'ACTIVE'), ('gone', '{dataset/*:*}', 'REMOVED'), ('admins', '{}', 'ACTIVE')) AS g (name, grants, state);
INSERT INTO administrator_groups (setting_name, group_id) VALUES ('admins', md5('admins')::uuid);
INSERT INTO users (id, username, canonical_username, display_name, search_text, state, removed_at)
  SELECT md5(name)::uuid, name, name, name, name, state, CASE state WHEN 'REMOVED' THEN now() END FROM (VALUES
    ('active', 'ACTIVE'), ('admin', 'ACTIVE'), ('groupless', 'ACTIVE'), ('disabled', 'DISABLED'), ('removed', 'REMOVED')) AS u (name, state);
INSERT INTO group_members (group_id, user_id) SELECT md5(g)::uuid, md5(u)::uuid FROM (VALUES
  ('lake', 'active'), ('gone', 'active'), ('admins', 'admin'), ('gone', 'groupless'), ('lake', 'disabled')) AS m (g, u);
INSERT INTO service_accounts (id, name, search_text, created_at, created_by, suspended_at, orphaned_at, deleted_at)
  SELECT md5(name)::uuid, name, name, now(), '{}', s::timestamptz, o::timestamptz, d::timestamptz FROM (VALUES
    ('etl', NULL, NULL, NULL), ('asleep', 'now', NULL, NULL), ('orphan', NULL, 'now', NULL), ('deleted', NULL, NULL, 'now')) AS a (name, s, o, d);
INSERT INTO service_account_groups SELECT id, md5('lake')::uuid FROM service_accounts;
INSERT INTO access_tokens (id, kind, user_id, service_account_id, name, search_text, profile, scopes, audiences, issuer, kid, created_at,
  created_by, expires_at, ends_at, suspended_at, suspended_by, revoked_at, revoked_by)
SELECT gen_random_uuid(), p.kind, CASE p.kind WHEN 'USER' THEN p.id END, CASE p.kind WHEN 'USER' THEN NULL ELSE p.id END, 'x', 'x', 'interactive',
  scopes::text[], audiences::text[], issuer, kid, '2026-01-01Z', '{}', ends, ends,
  CASE WHEN is_suspended THEN now() END, CASE WHEN is_suspended THEN '{}'::jsonb END,
  CASE WHEN is_revoked THEN now() END, CASE WHEN is_revoked THEN '{}'::jsonb END
FROM (SELECT id, 'USER' AS kind FROM users UNION ALL SELECT id, 'SERVICE_ACCOUNT' FROM service_accounts) AS p
  CROSS JOIN (VALUES ('2999-01-01Z'::timestamptz, false, false), ('2026-01-02Z', false, false), ('2999-01-01Z', true, false), ('2999-01-01Z', true, true))
    AS status (ends, is_suspended, is_revoked)
  CROSS JOIN (VALUES ('tokenwarden-good'), ('tokenwarden-withdrawn')) AS key (kid)
  CROSS JOIN (VALUES ('http://127.0.0.1:3000'), ('https://old.example')) AS issuer (issuer)
  CROSS JOIN (VALUES ('{https://api.example}'), ('{https://gone.example}'), ('{https://gone.example,https://api.example}')) AS audience (audiences)
  CROSS JOIN (VALUES (NULL), ('{dataset/*:read}'), ('{dataset/sales/orders:*,job:run}')) AS scope (scopes)`;

const settings = readSettings({
  PUBLIC_URL: 'http://127.0.0.1:3000',
  AUDIENCES: 'https://api.example,https://lake.example',
});
const reader: Caller = {
  carrier: 'session',
  principal: { kind: 'USER', id: '00000000-0000-4000-8000-000000000001', name: 'reader' },
  groupIds: [],
  permissions: ['tokens:read'],
  tokenId: null,
  sessionId: 'session',
  endsAt: new Date('2999-01-01T00:00:00Z'),
  origin: { address: null, userAgent: null, requestId: null },
};

let server: TestDatabase;
let database: Database;
let views: TokenViews;
let usability: ReadonlyMap<string, Usability>;

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  await database.read((tx) => rows(tx, WORLD), { withinSeconds: 20 });
  views = new TokenViews(database, settings);
  const logs = new Logs({ level: 'fatal' });
  const signing = new SigningService(
    database,
    new Sealing(randomBytes(32)),
    settings,
    new JwtService(),
    logs,
  );
  const resolving = new ResolvingService(database, signing, settings, new Metrics(logs), new UseTally());
  const ids = await database.read((tx) => rows<{ id: string }>(tx, 'SELECT id FROM access_tokens'));
  usability = await resolving.usabilityOf(ids.map(({ id }) => id));
});
afterAll(async () => {
  await database.close();
  await server.close();
});

async function listed(filter: object): Promise<string[]> {
  const found: string[] = [];
  let after: string | null = null;
  do {
    const { nodes, pageInfo } = await views.list(reader, { filter, first: 100, after }, new Loaders());
    found.push(...nodes.map(({ id }) => id));
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return found.sort();
}
const those = (isSo: (usable: Usability) => boolean) =>
  [...usability].flatMap(([id, one]) => (isSo(one) ? [id] : [])).sort();

describe('the filter of lists agrees with what resolving says of each token', () => {
  it('by whether it is usable, and whether it is not', async () => {
    expect(usability.size).toBe(9 * 4 * 2 * 2 * 3 * 3);
    expect(new Set([...usability.values()].map(({ reason }) => reason)).size).toBe(10);
    expect(await listed({ usable: true })).toEqual(those(({ reason }) => reason === null));
    expect(await listed({ usable: false })).toEqual(those(({ reason }) => reason !== null));
  });

  it.each([
    'dataset/sales/orders:read',
    'dataset/sales/orders:write',
    'dataset/sales/*:read',
    'dataset/*:read',
    'dataset/sales:read',
    'job:run',
    'job:*',
    'tokens:read',
    '*:*',
  ])('by whether it may do %s now', async (scope) => {
    expect(await listed({ scope })).toEqual(
      those(({ scopes }) => scopes.some((held) => covers(held, scope))),
    );
  });
});
