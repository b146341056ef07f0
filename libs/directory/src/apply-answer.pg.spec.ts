import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { databaseNow, openDatabase, rows, type Database } from '@tokenwarden/database';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { applyAnswer } from './apply-answer.js';
import type { DirectoryUser, WholeAnswer } from './directory-answer.js';
import { userById } from './users.queries.js';

const ADA = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01';
const GRACE = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a02';
const ADMINS = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11';
const DATA = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e12';
const EVERYBODY = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e13';

const user = (id: string, username: string, facts: Partial<DirectoryUser> = {}): DirectoryUser => ({
  id,
  username,
  displayName: username,
  email: null,
  enabled: true,
  ...facts,
});
const ada = user(ADA, 'ada');
const grace = user(GRACE, 'grace');
const admins = { id: ADMINS, name: 'admins', memberIds: [ADA] };
const data = { id: DATA, name: 'data', memberIds: [GRACE] };
const whole = (users: DirectoryUser[], groups: WholeAnswer['groups']): WholeAnswer => ({
  whole: true,
  users,
  groups,
  warnings: [],
});

let fresh: TestDatabase;
let database: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = await openDatabase(fresh.url);
});
afterAll(async () => {
  await database?.close();
  await fresh?.close();
});
beforeEach(async () => {
  await database.read((tx) => rows(tx, 'TRUNCATE users, groups, group_members, changes CASCADE'));
  await apply([ada, grace], [admins, data]);
  await database.read((tx) => rows(tx, 'TRUNCATE audit_pending_events'));
});

const apply = (users: DirectoryUser[], groups: WholeAnswer['groups']) =>
  database.transaction(async (tx) => applyAnswer(tx, whole(users, groups), await databaseNow(tx)));
const events = () =>
  database.read(async (tx) =>
    (
      await rows<{ said: string }>(
        tx,
        `SELECT action || ' ' || target_name AS said FROM audit_pending_events ORDER BY arrival`,
      )
    ).map(({ said }) => said),
  );

describe('a whole answer', () => {
  it('of six thousand users is applied whole, by a few statements, with their events in its order', async () => {
    const many = Array.from({ length: 6_000 }, (_, i) =>
      user(`00000000-0000-4000-8000-${String(i).padStart(12, '0')}`, `user${i}`),
    );
    const everybody = { id: EVERYBODY, name: 'everybody', memberIds: many.map(({ id }) => id) };
    let statements = 0;
    await database.transaction(
      async (tx) => {
        const query = jest.spyOn(tx, 'query');
        await applyAnswer(tx, whole([ada, grace, ...many], [admins, data, everybody]), await databaseNow(tx));
        statements = query.mock.calls.length;
      },
      { withinSeconds: 60 },
    );
    // By batches, of which those of the events are the smallest: one statement for each user would hold up whoever waits
    // for one of these rows.
    expect(statements).toBeLessThan(6_000 / 60);
    expect(await events()).toEqual([
      'group.created everybody',
      ...many.map(({ username }) => `user.created ${username}`),
    ]);
    const [count] = await database.read((tx) =>
      rows<{ members: string }>(tx, 'SELECT count(*) AS members FROM group_members WHERE group_id = $1', [
        EVERYBODY,
      ]),
    );
    expect(count?.members).toBe('6000');
    const [known] = await database.read((tx) =>
      rows<{ tuples: number }>(
        tx,
        `SELECT reltuples AS tuples FROM pg_class WHERE oid = 'group_members'::regclass`,
      ),
    );
    // What is planned from now on is planned for as many, not only when Postgres has found out by itself.
    expect(known?.tuples).toBeGreaterThanOrEqual(6_000);

    // Read again over several pages it is what it was, and one who leaves is one who leaves.
    const again = { ...everybody, memberIds: everybody.memberIds.slice(1) };
    const changes = await apply([ada, grace, ...many], [admins, data, again]);
    expect(changes.users).toMatchObject([{ id: many[0]?.id, joinedGroupIds: [], leftGroupIds: [EVERYBODY] }]);
  });

  it('changes each fact of a user by itself', async () => {
    await apply([user(ADA, 'lovelace', { displayName: 'ada' }), grace], [admins, data]);
    expect(await database.read((tx) => userById(tx, ADA))).toMatchObject({
      username: 'lovelace',
      displayName: 'ada',
    });
    await apply(
      [user(ADA, 'lovelace', { displayName: 'Ada', email: 'ada@demo.example' }), grace],
      [admins, data],
    );
    expect(await database.read((tx) => userById(tx, ADA))).toMatchObject({
      displayName: 'Ada',
      email: 'ada@demo.example',
    });
  });

  it('holds whom it changes, who only joins a group too: nobody issues to them meanwhile', async () => {
    const isFree = (id: string) =>
      database
        .transaction((tx) => rows(tx, 'SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE NOWAIT', [id]))
        .then(() => true)
        .catch(() => false);
    await database.transaction(async (tx) => {
      const joined = { ...data, memberIds: [GRACE, ADA] };
      await applyAnswer(tx, whole([ada, grace], [admins, joined]), await databaseNow(tx));
      expect(await Promise.all([isFree(ADA), isFree(GRACE)])).toEqual([false, true]);
    });
    expect(await isFree(ADA)).toBe(true);
  });
});
