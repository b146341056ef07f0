import { describe, expect, it } from '@jest/globals';
import { databaseNow } from '@tokenwarden/database';
import { CONTENT, mailing } from '../../test/mailing.js';
import { hurry } from './attempts.queries.js';
import { CLAIM, claimNext } from './claims.queries.js';
import type { Channel } from './outgoing.js';

const world = mailing();
const MANY = 20_000;
const transaction: typeof world.database.transaction = (work) => world.database.transaction(work);

/** So many mails of warnings, each of which was tried some seconds ago and waits for an hour. */
const manyWait = (count: number, triedAgo = 60) =>
  world.sql(
    `INSERT INTO outbox_messages (id, channel, purpose, recipient_id, recipient_name, recipient_email, content, attempts,
       last_attempt_at, next_attempt_at)
     SELECT gen_random_uuid(), 'EMAIL', 'token-warning', gen_random_uuid(), 'P', 'p' || i || '@example.org', $2, 1,
       clock_timestamp() - $3 * interval '1 second', clock_timestamp() + interval '1 hour' FROM generate_series(1, $1::int) AS i`,
    [count, CONTENT, triedAgo],
  );
const dueCount = async () => {
  const [row] = await world.sql<{ count: number }>(
    `SELECT count(*)::int AS count FROM outbox_messages WHERE next_attempt_at <= clock_timestamp()`,
  );
  return row?.count;
};

describe('very many that wait', () => {
  it('are made due some thousands at a time, each of which commits by itself', async () => {
    await manyWait(MANY);
    const since = await world.database.read(databaseNow);
    const due: unknown[] = [];
    let hasMore = true;
    while (hasMore) {
      hasMore = await transaction((tx) => hurry(tx, 'token-warning', since));
      due.push(await dueCount());
    }
    expect(due).toEqual([5_000, 10_000, 15_000, MANY, MANY]);
  });
  it('are made due although somebody has one of them in hand, who is not waited for', async () => {
    await manyWait(3);
    const since = await world.database.read(databaseNow);
    await transaction(async (tx) => {
      await tx.query('SELECT FROM outbox_messages ORDER BY id LIMIT 1 FOR UPDATE');
      expect(await transaction((other) => hurry(other, 'token-warning', since))).toBe(false);
    });
    expect(await dueCount()).toBe(2);
  });
  it('are not made due once more that were tried since, so that it ends whatever a server says', async () => {
    const since = await world.database.read(databaseNow);
    await manyWait(3, 0);
    expect(await transaction((tx) => hurry(tx, 'token-warning', since))).toBe(false);
    expect(await dueCount()).toBe(0);
  });
});

describe('the next one', () => {
  const claimed = (channel: Channel = 'EMAIL') => transaction((tx) => claimNext(tx, channel, 'me', false));
  /** What Postgres does to claim one, on what the table holds now. */
  const planOfClaim = async () => {
    await world.sql('ANALYZE outbox_messages');
    const plan = await world.sql<{ 'QUERY PLAN': string }>(`EXPLAIN ${CLAIM}`, ['EMAIL', 'me', false, 60]);
    return plan.map((row) => row['QUERY PLAN']).join('\n');
  };

  it('is for administrators, however many warnings have been due for longer, and then the one due for longest', async () => {
    await manyWait(2);
    await world.sql(`UPDATE outbox_messages SET next_attempt_at = clock_timestamp() - interval '1 hour'`);
    await world.mailTo('ada', 'grace');
    const purposes = [];
    for (let i = 0; i < 5; i++) purposes.push((await claimed())?.purpose);
    expect(purposes).toEqual([
      ...['administrators', 'administrators', 'token-warning', 'token-warning'],
      undefined,
    ]);
  });
  it('is no mail for administrators that waits, and none of another channel', async () => {
    await world.mailTo('ada');
    expect(await claimed('WEBHOOK')).toBeUndefined();
    await world.sql(`UPDATE outbox_messages SET next_attempt_at = clock_timestamp() + interval '1 minute'`);
    expect(await claimed()).toBeUndefined();
  });
  it.each(['due', 'waiting'])('is found by steps into indexes where all are %s', async (which) => {
    await manyWait(MANY);
    if (which === 'due')
      await world.sql(`UPDATE outbox_messages SET next_attempt_at = clock_timestamp() - interval '1 hour'`);
    const plan = await planOfClaim();
    expect(plan).toMatch(/Index Scan using outbox_messages_administrators/);
    expect(plan).toMatch(/Index Scan using outbox_messages_waiting/);
    expect(plan.match(/Index Cond: .*next_attempt_at <= statement_timestamp/g)).toHaveLength(2);
    expect(plan).not.toMatch(/Sort|Seq Scan/);
  });
});
