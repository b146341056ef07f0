import { describe, expect, it, jest } from '@jest/globals';
import { startSmtp } from '../../../../test/harness/index.js';
import { warningWorldForSpecs } from '../../test/warning-world.js';
import { decideNext } from '../warnings/through-ends.queries.js';
import { expiringTokens } from './expiring-tokens.queries.js';

jest.setTimeout(120_000);

const world = warningWorldForSpecs();

/** An account with so many tokens that end in six days, and so many members. */
async function account(name: string, members: number, tokens: number): Promise<void> {
  const users = await world.sql<{ id: string }>(
    `INSERT INTO users (id, username, canonical_username, display_name, search_text, email)
     SELECT gen_random_uuid(), name, name, name, name, name || '@example.org'
     FROM (SELECT $1 || '-' || i FROM generate_series(1, $2::int) i) AS made (name) RETURNING id`,
    [name, members],
  );
  const id = await world.account(name, [await world.group(users.map((user) => user.id))]);
  const one = await world.token({ accountId: id, name, ends: '6 days' });
  await world.sql(
    `INSERT INTO access_tokens (id, kind, service_account_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by,
       expires_at, ends_at)
     SELECT gen_random_uuid(), kind, service_account_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by,
       expires_at, ends_at FROM access_tokens, generate_series(2, $2::int) WHERE id = $1`,
    [one, tokens],
  );
}

/** Of the tokens of each name how many warnings there are, of how many recipients, and how many of these stand. */
const decided = () =>
  world.sql(
    `SELECT t.name, count(DISTINCT w.id)::int AS warnings, min(w.recipients) AS least, max(w.recipients) AS most, count(*)::int AS told
     FROM token_warnings w JOIN access_tokens t ON t.id = w.token_id JOIN token_warning_recipients r ON r.warning_id = w.id
     GROUP BY t.name ORDER BY t.name`,
  );

describe('warnings with very many recipients', () => {
  it('are decided some at a time, and those behind them too', async () => {
    const smtp = await startSmtp();
    await account('etl', 105, 110);
    await world.token({ userId: await world.user('linus'), name: 'of linus', ends: '6 days 1 hour' });
    const one = await world.another({ smtp: { host: '127.0.0.1', port: smtp.port } });
    const ended = await one.run();
    expect(ended).toMatchObject({ state: 'SUCCEEDED', examined: 111, affected: 111 });
    expect(await decided()).toEqual([
      { name: 'etl', warnings: 110, least: 105, most: 105, told: 11_550 },
      { name: 'of linus', warnings: 1, least: 1, most: 1, told: 1 },
    ]);
    expect(await world.warnedEvents()).toHaveLength(111);
    expect(smtp.accepted()).toHaveLength(106);
    await smtp.stop();
  });

  it('are not decided where a statement would write too many: the next one looks at fewer', async () => {
    await account('etl', 120, 100);
    const { database } = world.server;
    const search = expiringTokens(['P7D'], { byMail: true, byWebhook: false, webhook: null });
    const looking = (most: number) =>
      database.transaction((tx) => decideNext(tx, search, { behind: null, most }));
    await expect(looking(100)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await world.warnings()).toEqual([]);
    expect(await looking(25)).toMatchObject({ examined: 25, due: 25 });
  });

  it('are whole where one alone has more than a statement writes', async () => {
    await account('company', 25_000, 1);
    const { database } = world.server;
    const search = expiringTokens(['P7D'], { byMail: true, byWebhook: true, webhook: 'on' });
    const reach = { behind: null, most: 100 };
    expect(
      await database.transaction((tx) => decideNext(tx, search, reach), { withinSeconds: 60 }),
    ).toMatchObject({ due: 1 });
    expect(await decided()).toEqual([
      { name: 'company', warnings: 1, least: 25_000, most: 25_000, told: 25_001 },
    ]);
  });
});
