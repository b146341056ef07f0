import { beforeEach, describe, expect, it } from '@jest/globals';
import { AdministratorsMail } from '@tokenwarden/directory';
import { Notifications } from '@tokenwarden/notifications';
import { addAccount, ServiceAccountsService } from '@tokenwarden/service-accounts';
import { Settings, type SettingsValues } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { announcingForSpecs } from '../../test/announcing.js';
import {
  ADA_IN_SESSION,
  groupId,
  instanceForSpecs,
  people,
  syncWorldForSpecs,
  userId,
} from '../../test/sync-world.js';

const ETL = 'b3d8f6a2-9e47-4c15-a6d0-1f4e7b2c5d21';

const world = syncWorldForSpecs();
const one = instanceForSpecs(world);
const announcing = announcingForSpecs(world.server);

/** Ten people or fewer, and the group of the account `etl`, unless that is gone. */
function company(first = 0, hasGroup = true): ReturnType<typeof people> {
  const { users, groups } = people(first, 10);
  return { users, groups: hasGroup ? [...groups, { id: groupId(1), name: 'data', members: [] }] : groups };
}
beforeEach(async () => {
  await world.says(company());
  await one.synchronise();
  await world.database.transaction((tx) =>
    addAccount(tx, { id: ETL, name: 'etl', description: null, groupIds: [groupId(1)] }, SYSTEM),
  );
});

/** What a webhook is told of what is done here, by whom it is about and what it says of that. */
async function toldOf(work: () => Promise<unknown>): Promise<object[]> {
  await announcing.instance();
  await work();
  await announcing.allFed();
  return announcing.sql(
    `SELECT content->>'type' AS type, content->>'subject' AS about, content->'data'->'details' AS details
     FROM outbox_messages ORDER BY created_at, id`,
  );
}

describe('a webhook is told by a synchronisation', () => {
  it('that its answer is held, about the run', async () => {
    await world.says(company(6));
    let runId = '';
    const told = await toldOf(async () => (runId = (await one.synchronise()).id));
    expect(told).toEqual([
      {
        ...{ type: 'tokenwarden.directory.held', about: runId },
        details: expect.objectContaining({ removedUsers: 6 }),
      },
    ]);
  });

  it('which accounts are orphaned', async () => {
    await world.says(company(0, false));
    expect(await toldOf(() => one.synchronise())).toEqual([
      {
        ...{ type: 'tokenwarden.service-account.orphaned', about: ETL },
        details: { groupIds: [groupId(1)] },
      },
    ]);
  });

  it('once that the tokens of removed users were revoked, however many they were', async () => {
    for (const number of [0, 1]) await world.tokens(2, 'USER', userId(number));
    await world.says(company(2));
    expect(await toldOf(() => one.synchronise())).toMatchObject([
      {
        type: 'tokenwarden.tokens.bulk-revoked',
        about: null,
        details: { cause: 'DIRECTORY', removedUsers: 2, count: 4 },
      },
    ]);
  });

  it('of the token, where it was a single one', async () => {
    await world.tokens(1, 'USER', userId(0));
    await world.says(company(1));
    const [token] = await world.sql<{ id: string }>('SELECT id FROM access_tokens');
    expect(await toldOf(() => one.synchronise())).toMatchObject([
      { type: 'tokenwarden.token.revoked', about: token?.id },
    ]);
  });

  it('once that tokens of orphaned accounts were revoked, when their grace is over', async () => {
    await world.tokens(2, 'SERVICE_ACCOUNT', ETL);
    await world.says(company(0, false));
    await one.synchronise();
    await world.sql(`UPDATE service_accounts SET orphaned_at = clock_timestamp() - interval '31 days'`);
    expect(await toldOf(() => one.synchronise())).toMatchObject([
      {
        type: 'tokenwarden.tokens.bulk-revoked',
        details: { cause: 'ORPHAN_GRACE', serviceAccounts: 1, count: 2 },
      },
    ]);
  });
});

describe('a webhook is told once of a service account that is deleted', () => {
  it.each([2, 1_001])(
    'with %i tokens',
    async (count) => {
      const logs = new Logs({ level: 'info', destination: { write: () => undefined } });
      const settings = new Settings({
        instanceName: 'deleting',
      } as Partial<SettingsValues> as SettingsValues);
      const mail = new AdministratorsMail(new Notifications(world.database, logs, settings));
      const accounts = new ServiceAccountsService(world.database, logs, mail);
      await world.tokens(count, 'SERVICE_ACCOUNT', ETL);
      const details = {
        cause: 'SERVICE_ACCOUNT_DELETED',
        serviceAccountId: ETL,
        serviceAccountName: 'etl',
        count,
      };
      expect(await toldOf(() => accounts.delete(ADA_IN_SESSION, { id: ETL }))).toMatchObject([
        { type: 'tokenwarden.tokens.bulk-revoked', about: null, details },
      ]);
    },
    30_000,
  );
});
