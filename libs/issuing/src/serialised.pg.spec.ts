import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, databaseNow, rows, type Transaction } from '@tokenwarden/database';
import { applyAnswer, setGrants } from '@tokenwarden/directory';
import { POLICY_TO_HOLD } from '@tokenwarden/policy';
import { holdAllTokens } from '@tokenwarden/tokens';
import { SYSTEM, type Caller } from '@tokenwarden/vocabulary';
import { World } from '../test/world.js';

let world: World;
let data: string;
let other: string;
let grace: Caller;
beforeEach(async () => {
  world = await World.begin();
  data = await world.group(['dataset/*:read']);
  other = await world.group(['sales:read']);
  grace = await world.person({ groupIds: [data, other] });
});
afterEach(() => world.end());

const scopes = ['dataset/a:read'];
const issueOwn = () => world.issuing.issueUserToken(grace, { name: 'laptop', scopes });

/** What the directory says from now on: grace, in these groups of both. */
const sync = async (tx: Transaction, groupIds: string[], name = data) => {
  const { id } = grace.principal;
  const users = [{ id, username: id, displayName: id, email: null, enabled: true }];
  const groups = [data, other].map((group) => ({
    id: group,
    name: group === data ? name : group,
    memberIds: groupIds.includes(group) ? [id] : [],
  }));
  await applyAnswer(tx, { whole: true, users, groups, warnings: [] }, await databaseNow(tx));
};

/** What comes of issuing that began before `change` was committed: it ended without waiting, or waited for the commit. */
async function issuedBeside(change: (tx: Transaction) => Promise<void>, issue: () => Promise<unknown>) {
  const { outcome } = await world.database.transaction(async (tx) => {
    await change(tx);
    const issuing = issue().catch((problem: unknown) => problem);
    await Promise.race([issuing, somebodyWaits()]);
    return { outcome: issuing };
  });
  return outcome;
}

/** Does something else between the last statement of a transaction and its commit. */
class SlowDatabase extends Database {
  constructor(
    dataSource: Database['dataSource'],
    private readonly beforeCommit: () => Promise<void>,
  ) {
    super(dataSource);
  }

  override async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return super.transaction(async (tx) => {
      const result = await work(tx);
      await this.beforeCommit();
      return result;
    });
  }
}

async function somebodyWaits(): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await world.sql(waiting)).length === 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('a token that names scopes waits', () => {
  it('for a grant that is being taken', async () => {
    const outcome = await issuedBeside((tx) => setGrants(tx, data, [], SYSTEM), issueOwn);
    expect(outcome).toMatchObject({ code: 'SCOPE_NOT_GRANTED', field: 'scopes.0' });
  });

  it('for a grant that is being given, and stands behind it in the trail', async () => {
    await world.database.transaction((tx) => setGrants(tx, data, [], SYSTEM));
    await issuedBeside((tx) => setGrants(tx, data, ['dataset/*:read'], SYSTEM), issueOwn);
    const events = await world.sql<{ action: string }>(
      'SELECT action FROM audit_pending_events ORDER BY arrival DESC LIMIT 2',
    );
    expect(events.map(({ action }) => action)).toEqual(['token.created', 'group.grants-set']);
  });

  it('for a sync by which its owner leaves the group, or the group is gone', async () => {
    const outcome = await issuedBeside((tx) => sync(tx, [other]), issueOwn);
    expect(outcome).toMatchObject({ code: 'SCOPE_NOT_GRANTED' });
  });

  it("for a grant that an account's group is losing", async () => {
    const accountId = await world.account([data]);
    const outcome = await issuedBeside(
      (tx) => setGrants(tx, data, [], SYSTEM),
      () => world.issuing.issueServiceAccountToken(grace, accountId, { name: 'nightly', scopes }),
    );
    expect(outcome).toMatchObject({ code: 'SCOPE_NOT_GRANTED' });
  });
});

describe('a token of whoever it is', () => {
  const withRequiredScopes = async (tx: Transaction) => {
    await rows(tx, `SELECT FROM ${POLICY_TO_HOLD} FOR UPDATE`);
    await rows(
      tx,
      `INSERT INTO policy_versions (version, document, created_at, created_by)
       SELECT 2, document || '{"requireScopes": true}', clock_timestamp(), created_by FROM policy_versions`,
    );
  };
  const refused = { code: 'INVALID_INPUT', field: 'scopes' };

  it('waits for a change of the policy, and is decided by the new one', async () => {
    const issue = () => world.issuing.issueUserToken(grace, { name: 'laptop' });
    expect(await issuedBeside(withRequiredScopes, issue)).toMatchObject(refused);
  });
  it('of an account or one that is rotated waits for it, too', async () => {
    const accountId = await world.account([data]);
    const { token } = await world.issuing.issueUserToken(grace, { name: 'laptop' });
    const outcome = await issuedBeside(withRequiredScopes, () =>
      world.issuing.issueServiceAccountToken(grace, accountId, { name: 'nightly' }),
    );
    expect(outcome).toMatchObject(refused);
    await expect(world.rotation.rotate(grace, { id: token.id })).rejects.toMatchObject(refused);
  });
  it('is waited for by a change of the policy, and by whoever revokes many', async () => {
    for (const wanted of [
      (tx: Transaction) => rows(tx, `SELECT FROM ${POLICY_TO_HOLD} FOR UPDATE`),
      (tx: Transaction) => holdAllTokens(tx),
    ]) {
      const order: string[] = [];
      let other!: Promise<unknown>;
      const slow = new SlowDatabase(world.database.dataSource, async () => {
        other = world.database.transaction(async (tx) => {
          await wanted(tx);
          order.push('changed');
        });
        await somebodyWaits();
        order.push('issued');
      });
      await world.instanceOn(slow).issuing.issueUserToken(grace, { name: 'laptop' });
      await other;
      expect(order).toEqual(['issued', 'changed']);
    }
  });
});

describe("an account's token, whatever it may do", () => {
  it('waits for a sync by which its creator is no member any more', async () => {
    const accountId = await world.account([data]);
    const outcome = await issuedBeside(
      (tx) => sync(tx, [other]),
      () => world.issuing.issueServiceAccountToken(grace, accountId, { name: 'nightly' }),
    );
    expect(outcome).toMatchObject({ code: 'NOT_FOUND', field: 'serviceAccountId' });
  });
});

describe('issuing, granting and syncs at once', () => {
  it('never wait for each other in a circle', async () => {
    const accountId = await world.account([data, other]);
    const issueForAccount = () =>
      world.issuing.issueServiceAccountToken(grace, accountId, { name: 'nightly', scopes });
    for (let round = 0; round < 10; round += 1) {
      const name = `${data} ${round}`;
      const both = [data, other].sort(() => (round % 2 ? 1 : -1));
      const outcomes = await Promise.allSettled([
        issueOwn(),
        issueForAccount(),
        world.database.transaction((tx) => sync(tx, round % 2 ? [data, other] : [data], name)),
        ...both.map((group) =>
          world.database.transaction((tx) =>
            setGrants(tx, group, [`round/${round}:read`, ...scopes], SYSTEM),
          ),
        ),
        issueOwn(),
        issueForAccount(),
      ]);
      expect(outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))).toEqual(
        [],
      );
    }
  });
});
