import { describe, expect, it } from '@jest/globals';
import { until } from '../../../../test/harness/index.js';
import { CONTENT, mailFor, mailing } from '../../test/mailing.js';
import { CLAIM, claimNext, endClaim } from './claims.queries.js';
import { enqueue } from './enqueue.queries.js';

const world = mailing();
const transaction: typeof world.database.transaction = (work) => world.database.transaction(work);
const claimed = (mayTakeOver = false) => transaction((tx) => claimNext(tx, 'EMAIL', 'me', mayTakeOver));
/** What was tried, and waits for an hour. */
const waitsAnHour = (id: string | undefined) =>
  world.sql(
    `UPDATE outbox_messages SET attempts = 8, last_attempt_at = clock_timestamp(),
       next_attempt_at = clock_timestamp() + interval '1 hour' WHERE id = $1`,
    [id],
  );
const dueNow = () =>
  world.sql<{ id: string }>('SELECT id FROM outbox_messages WHERE next_attempt_at <= clock_timestamp()');

describe("an administrator's mails", () => {
  it('go in the order in which they were decided: a later one waits for one whose back-off lasts', async () => {
    const [fails, recovers, other] = await world.mailTo('ada', 'ada', 'grace');
    await waitsAnHour(fails);
    expect((await claimed())?.id).toBe(other);
    expect(await claimed()).toBeUndefined();
    await world.makeDue();
    const first = await claimed();
    expect(first?.id).toBe(fails);
    if (first) await transaction((tx) => endClaim(tx, 'me', first, { state: 'SENT' }));
    expect((await claimed())?.id).toBe(recovers);
  });

  it('are no reason to claim a later one while the earlier one is in hand, or locked by whoever claims it', async () => {
    const [first] = await world.mailTo('ada', 'ada');
    await transaction(async (tx) => {
      expect((await claimNext(tx, 'EMAIL', 'another', false))?.id).toBe(first);
      expect(await claimed()).toBeUndefined(); // which skips what is locked
    });
    expect(await claimed()).toBeUndefined();
    await world.sql(`UPDATE outbox_messages SET claimed_until = clock_timestamp() - interval '1 second',
      next_attempt_at = clock_timestamp() - interval '1 second' WHERE claimed_by IS NOT NULL`);
    expect((await claimed(true))?.id).toBe(first);
  });

  it('go on behind one that is given up', async () => {
    const [first, second] = await world.mailTo('ada', 'ada');
    const refused = await claimed();
    expect(refused?.id).toBe(first);
    if (refused)
      await transaction((tx) => endClaim(tx, 'me', refused, { state: 'GIVEN_UP', reply: '550 No' }));
    expect((await claimed())?.id).toBe(second);
  });

  it('that wait are due now where one more is told, each with the commit of that one', async () => {
    const [fails, elsewhere] = await world.mailTo('ada', 'grace');
    for (const id of [fails, elsewhere]) await waitsAnHour(id);
    const undone = transaction(async (tx) => {
      await enqueue(tx, [mailFor('ada@example.org', 'ada')]);
      throw new Error('It was not so.');
    });
    await expect(undone).rejects.toThrow('It was not so.');
    expect(await dueNow()).toEqual([]);
    const [recovers] = await world.mailTo('ada');
    expect((await dueNow()).map(({ id }) => id).sort()).toEqual([fails, recovers].sort());
  });

  it('are told without waiting for whoever has one of them in hand', async () => {
    const [fails] = await world.mailTo('ada');
    await waitsAnHour(fails);
    await transaction(async (tx) => {
      await tx.query('SELECT FROM outbox_messages FOR UPDATE');
      await world.mailTo('ada');
    });
    expect(await world.stored()).toHaveLength(2);
    const inHand = await dueNow();
    expect(inHand.map(({ id }) => id)).not.toContain(fails);
  });

  it('arrive in their order from several processes, with a server that was away', async () => {
    const server = await world.smtp({ toRecipient: () => '451 Later' });
    const ids = await world.mailTo('ada', 'grace');
    await world.process();
    await until(async () => (await world.stored()).every(({ rest }) => rest !== null));
    for (const id of ids) await waitsAnHour(id);
    server.script = {};
    for (let i = 0; i < 6; i++) ids.push(...(await world.mailTo('ada', 'grace')));
    for (let i = 0; i < 3; i++) await world.process();
    await world.untilAll(({ state }) => state === 'SENT');
    for (const name of ['ada', 'grace']) {
      const arrived = server.accepted().filter(({ to }) => to === `${name}@example.org`);
      const order = arrived.map(({ parsed }) => parsed.messageId?.slice(1, 37));
      expect(order).toEqual(ids.filter((_, i) => i % 2 === (name === 'ada' ? 0 : 1)));
    }
  });
});

describe('mails with warnings', () => {
  it('to one recipient go as they are due, and hold up nobody', async () => {
    const [first, second] = await world.mailTo('ada', 'ada');
    await world.sql(`UPDATE outbox_messages SET purpose = 'token-warning'`);
    await waitsAnHour(first);
    expect((await claimed())?.id).toBe(second);
    await world.mailTo('ada');
    expect((await dueNow()).map(({ id }) => id)).not.toContain(first);
  });
});

describe('the next one, with fifty thousand digests that wait', () => {
  const MANY = 50_000;
  const MAILS = 200;
  it.each([
    ['due', 'known to the planner'],
    ['waiting', 'known to the planner'],
    ['due', 'not known to it yet'],
  ])('is found by steps into indexes: all %s, and later mails of administrators %s', async (which, known) => {
    await world.sql(
      `INSERT INTO outbox_messages (id, channel, purpose, recipient_id, recipient_name, recipient_email, content, next_attempt_at)
       SELECT gen_random_uuid(), 'EMAIL', 'token-warning', gen_random_uuid(), 'P', 'p@example.org', $2,
         clock_timestamp() ${which === 'due' ? '-' : '+'} interval '1 hour' FROM generate_series(1, $1::int)`,
      [MANY, CONTENT],
    );
    if (known === 'not known to it yet') await world.sql('ANALYZE outbox_messages');
    const ids = await world.mailTo(...Array.from({ length: MAILS }, (_, i) => `admin${i % 5}`));
    for (const id of ids.slice(0, 5)) await waitsAnHour(id);
    if (known === 'known to the planner') await world.sql('ANALYZE outbox_messages');
    const looked = await world.sql<{ 'QUERY PLAN': string }>(
      `EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF) ${CLAIM}`,
      ['EMAIL', 'me', false, 60],
    );
    const plan = looked.map((row) => row['QUERY PLAN']).join('\n');
    if (known === 'known to the planner')
      expect(plan).toMatch(/Index (Only )?Scan using outbox_messages_in_order on outbox_messages earlier/);
    expect(plan).toMatch(/Index Scan using outbox_messages_waiting/);
    expect(plan).not.toMatch(/Sort|Seq Scan|Join/);
    const passed = [...plan.matchAll(/Rows Removed by Filter: (\d+)/g)].map(([, count]) => Number(count));
    expect(Math.max(...passed)).toBeLessThanOrEqual(MAILS);
  });
});
