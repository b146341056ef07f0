import { describe, expect, it, jest } from '@jest/globals';
import { databaseNow, rows } from '@tokenwarden/database';
import { ADA, ada, admins, copyForSpecs, data, GRACE, grace, user, whole } from '../test/copy-world.js';
import { applyAnswer } from './apply-answer.js';
import { userById } from './users.queries.js';

const EVERYBODY = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e13';

const copy = copyForSpecs([ada, grace], [admins, data]);
const { apply, events } = copy;

describe('a whole answer', () => {
  it('of six thousand users is applied whole, by a few statements, with their events in its order', async () => {
    const many = Array.from({ length: 6_000 }, (_, i) =>
      user(`00000000-0000-4000-8000-${String(i).padStart(12, '0')}`, `user${i}`),
    );
    const everybody = { id: EVERYBODY, name: 'everybody', memberIds: many.map(({ id }) => id) };
    let statements = 0;
    await copy.database.transaction(
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
    const [count] = await copy.database.read((tx) =>
      rows<{ members: string }>(tx, 'SELECT count(*) AS members FROM group_members WHERE group_id = $1', [
        EVERYBODY,
      ]),
    );
    expect(count?.members).toBe('6000');
    const [known] = await copy.database.read((tx) =>
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
    expect(await copy.database.read((tx) => userById(tx, ADA))).toMatchObject({
      username: 'lovelace',
      displayName: 'ada',
    });
    await apply(
      [user(ADA, 'lovelace', { displayName: 'Ada', email: 'ada@demo.example' }), grace],
      [admins, data],
    );
    expect(await copy.database.read((tx) => userById(tx, ADA))).toMatchObject({
      displayName: 'Ada',
      email: 'ada@demo.example',
    });
  });

  it('holds whom it changes, who only joins a group too: nobody issues to them meanwhile', async () => {
    const isFree = (id: string) =>
      copy.database
        .transaction((tx) => rows(tx, 'SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE NOWAIT', [id]))
        .then(() => true)
        .catch(() => false);
    await copy.database.transaction(async (tx) => {
      const joined = { ...data, memberIds: [GRACE, ADA] };
      await applyAnswer(tx, whole([ada, grace], [admins, joined]), await databaseNow(tx));
      expect(await Promise.all([isFree(ADA), isFree(GRACE)])).toEqual([false, true]);
    });
    expect(await isFree(ADA)).toBe(true);
  });
});
