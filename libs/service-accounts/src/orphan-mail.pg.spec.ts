import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ada, IDS, World } from '../test/world.js';

const SERVER = { host: '127.0.0.1', port: 1, isTls: false, credentials: undefined };
let world: World;
beforeAll(async () => {
  world = await World.open({ server: SERVER, from: { name: undefined, address: 'tokenwarden@example.com' } });
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.begin();
  await world.sql('TRUNCATE outbox_messages CASCADE');
  await world.sql(
    `INSERT INTO administrator_groups (setting_name, group_id) SELECT name, id FROM groups WHERE name = 'admins'`,
  );
  await addressOf('ada');
});

async function addressOf(username: string): Promise<void> {
  await world.sql(`UPDATE users SET email = username || '@example.com' WHERE username = $1`, [username]);
}
const told = () =>
  world.sql<{ to: string; notice: object }>(
    'SELECT recipient_email AS to, content AS notice FROM outbox_messages ORDER BY created_at',
  );
const link = () => world.service.update(ada, { id: IDS.etl, groupIds: [IDS.sales] }, 'P30D');

describe('the end of an orphan, by mail', () => {
  it('is told once when somebody links it to a live group, and who', async () => {
    await world.orphan();
    await addressOf('ada');
    await link();
    await link();
    expect(await told()).toMatchObject([
      {
        to: 'ada@example.com',
        notice: {
          ...{ type: 'accounts-recovered', linkedBy: 'ada' },
          accounts: { count: 1, listed: [{ id: IDS.etl, name: 'nightly-etl' }] },
        },
      },
    ]);
  });

  it('is told once when somebody deletes it, with the tokens that ended', async () => {
    await world.token();
    await world.orphan();
    await addressOf('ada');
    await world.service.delete(ada, { id: IDS.etl });
    await world.service.delete(ada, { id: IDS.etl });
    expect(await told()).toMatchObject([
      {
        to: 'ada@example.com',
        notice: {
          ...{ type: 'orphan-deleted', account: { id: IDS.etl, name: 'nightly-etl' } },
          ...{ deletedBy: 'ada', revokedTokens: 1 },
        },
      },
    ]);
  });

  it('is not told again of one that was given up before', async () => {
    await world.orphan(31);
    await addressOf('ada');
    await world.sql('UPDATE service_accounts SET grace_ended_at = clock_timestamp()');
    await world.service.delete(ada, { id: IDS.etl });
    expect(await told()).toEqual([]);
  });

  it('is told of orphans alone', async () => {
    await link();
    await world.service.suspend(ada, { id: IDS.etl });
    await world.service.resume(ada, { id: IDS.etl });
    await world.service.delete(ada, { id: IDS.etl });
    expect(await told()).toEqual([]);
  });

  it('is not told where the change is refused', async () => {
    await world.orphan(31);
    await addressOf('ada');
    await expect(link()).rejects.toMatchObject({ code: 'PRINCIPAL_NOT_ACTIVE' });
    expect(await told()).toEqual([]);
  });
});
