import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseNow } from '@tokenwarden/database';
import { addAccount } from '@tokenwarden/service-accounts';
import { addToken } from '@tokenwarden/tokens';
import { addDuration, SYSTEM, wholeSecond } from '@tokenwarden/vocabulary';
import { MAIL_ON, occasions, toldByMail } from '../../test/admin-mail.js';
import {
  ADA_IN_SESSION,
  groupId,
  people,
  syncWorldForSpecs,
  userId,
  type People,
  type SyncInstance,
} from '../../test/sync-world.js';

const ETL = 'b3d8f6a2-9e47-4c15-a6d0-1f4e7b2c5d21';
const world = syncWorldForSpecs();
const sql = <T>(statement: string, parameters?: readonly unknown[]) => world.sql<T>(statement, parameters);
let one: SyncInstance;

beforeAll(async () => {
  await world.sql(
    `INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from)
     VALUES ('tokenwarden-test', 'ES256', '{}', '', clock_timestamp())`,
  );
});
beforeEach(async () => {
  await sql('TRUNCATE outbox_messages CASCADE');
  world.mail = MAIL_ON;
  one = await world.instance();
  await world.says(company());
  await one.synchronise();
  await world.database.transaction((tx) =>
    addAccount(tx, { id: ETL, name: 'etl', description: null, groupIds: [groupId(1)] }, SYSTEM),
  );
});

/** ada and nineteen others, and the group of the account. */
function company(
  from = 0,
  groups: object[] = [{ id: groupId(1), name: 'data', members: ['user18'] }],
): People {
  const { users, groups: admins } = people(from, 19);
  return { users, groups: [...admins, ...groups] };
}
const sixGone = () => company(6);
const withoutGroup = () => company(0, []);

async function orphanedFor(days: number): Promise<void> {
  await sql(
    `UPDATE service_accounts SET orphaned_at = clock_timestamp() - make_interval(days => $1::integer)`,
    [days],
  );
}

async function token(): Promise<void> {
  await world.database.transaction(async (tx) => {
    const createdAt = wholeSecond(await databaseNow(tx));
    await addToken(
      tx,
      {
        ...{
          id: randomUUID(),
          kind: 'SERVICE_ACCOUNT',
          principalId: ETL,
          name: 'nightly',
          description: null,
        },
        ...{ profile: 'automation', scopes: null, audiences: ['here'], issuer: 'here' },
        ...{ kid: 'tokenwarden-test', createdAt, expiresAt: addDuration(createdAt, 'P1D') },
      },
      SYSTEM,
    );
  });
}

describe('a held answer', () => {
  it('is told once when it begins, whoever holds it again, with what it would take away', async () => {
    await world.says(sixGone());
    const held = await one.synchronise();
    await (await world.instance()).synchronise();
    await world.says(company(8));
    await one.synchronise();
    const told = await toldByMail(sql);
    expect(told).toMatchObject([
      {
        to: ['ada@example.com'],
        notice: {
          ...{ type: 'answer-held', runId: held.id, disabledUsers: { count: 0, listed: [] } },
          removedUsers: {
            count: 6,
            listed: expect.arrayContaining([{ id: userId(0), name: 'user0' }]) as unknown,
          },
          reasons: held.details?.['reasons'],
        },
      },
    ]);
  });

  it('is told once when the directory is mended, and since when it was', async () => {
    await world.says(sixGone());
    await one.synchronise();
    const [{ since } = { since: new Date(0) }] = await sql<{ since: Date }>(
      'SELECT held_since AS since FROM directory_held_answers',
    );
    await world.says(company());
    const applied = await one.synchronise();
    await one.synchronise();
    expect((await toldByMail(sql)).slice(1)).toMatchObject([
      {
        notice: {
          ...{ type: 'answer-released', runId: applied.id, acceptedBy: null },
          heldSince: since.toISOString(),
        },
      },
    ]);
  });

  it('is told once when somebody accepts it, and who', async () => {
    await world.says(sixGone());
    const held = await one.synchronise();
    await one.acceptance.accept(ADA_IN_SESSION, { runId: held.id, reason: null });
    await one.synchronise();
    const told = await toldByMail(sql);
    expect(told.map(({ notice }) => notice.type)).toEqual(['answer-held', 'answer-released']);
    expect(told[1]?.notice).toMatchObject({ acceptedBy: 'ada' });
  });

  it('ends the fault that there was before it', async () => {
    await world.says({ users: [], groups: [] });
    await one.synchronise();
    await world.says(sixGone());
    await one.synchronise();
    expect((await occasions(sql)).sort()).toEqual(['answer-held', 'task-fails', 'task-recovers']);
  });

  it('is told to nobody where it only would be held, and where no mail is sent', async () => {
    await world.says(sixGone());
    await one.synchronise({ dryRun: true });
    world.mail = undefined;
    await (await world.instance()).synchronise();
    expect(await occasions(sql)).toEqual([]);
  });
});

describe('an orphaned service account', () => {
  it('is told once when it begins, until when it can be saved, and once when its group is back', async () => {
    await world.says(withoutGroup());
    await one.synchronise();
    await (await world.instance()).synchronise();
    const [account] = await sql<{ at: Date }>('SELECT orphaned_at AS at FROM service_accounts');
    const at = account?.at ?? new Date(0);
    const accounts = { count: 1, listed: [{ id: ETL, name: 'etl' }] };
    expect(await toldByMail(sql)).toEqual([
      {
        to: ['ada@example.com'],
        notice: {
          ...{ type: 'accounts-orphaned', accounts, orphanedAt: at.toISOString(), grace: 'P30D' },
          recoverableUntil: addDuration(at, 'P30D').toISOString(),
        },
      },
    ]);
    await world.says(company());
    await one.synchronise();
    await one.synchronise();
    expect((await toldByMail(sql)).slice(1)).toMatchObject([
      { notice: { type: 'accounts-recovered', accounts, linkedBy: null } },
    ]);
  });

  it('is told once when its grace is over, with how many tokens ended', async () => {
    await token();
    await token();
    await world.says(withoutGroup());
    await one.synchronise();
    await orphanedFor(29);
    await one.synchronise();
    expect(await occasions(sql)).toEqual(['accounts-orphaned']);
    await orphanedFor(31);
    await one.synchronise();
    await (await world.instance()).synchronise();
    expect((await toldByMail(sql)).slice(1)).toMatchObject([
      { notice: { type: 'accounts-past-grace', accounts: { count: 1 }, grace: 'P30D', revokedTokens: 2 } },
    ]);
  });

  it('is told when its grace is over although it had no tokens, and anew when it is orphaned anew', async () => {
    await world.says(withoutGroup());
    await one.synchronise();
    await orphanedFor(31);
    await one.synchronise();
    await orphanedFor(1); // as if the policy gave more by now: its group can bring it back
    await world.says(company());
    await one.synchronise();
    await world.says(withoutGroup());
    await one.synchronise();
    await orphanedFor(31);
    await one.synchronise();
    expect(await occasions(sql)).toEqual([
      ...['accounts-orphaned', 'accounts-past-grace', 'accounts-recovered'],
      ...['accounts-orphaned', 'accounts-past-grace'],
    ]);
  });

  it('is told by one message of all that lost their group with it', async () => {
    await world.database.transaction(async (tx) => {
      for (let number = 0; number < 25; number += 1) {
        const account = {
          id: randomUUID(),
          name: `etl ${number}`,
          description: null,
          groupIds: [groupId(1)],
        };
        await addAccount(tx, account, SYSTEM);
      }
    });
    await world.says(withoutGroup());
    await one.synchronise();
    const [{ notice } = { notice: undefined }] = await toldByMail(sql);
    expect(await sql('SELECT FROM outbox_messages')).toHaveLength(1);
    expect(notice).toMatchObject({ accounts: { count: 26, listed: { length: 20 } } });
  });

  it('is told to nobody where no mail is sent', async () => {
    world.mail = undefined;
    await world.says(withoutGroup());
    await (await world.instance()).synchronise();
    expect(await occasions(sql)).toEqual([]);
  });
});
