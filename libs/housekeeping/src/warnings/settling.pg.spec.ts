import { describe, expect, it } from '@jest/globals';
import { until } from '../../../../test/harness/index.js';
import { Gate } from '../../test/running-housekeeping.js';
import { warningWorldForSpecs } from '../../test/warning-world.js';
import { markSent } from './settling.queries.js';
import { settleEnded } from './settling.js';

const world = warningWorldForSpecs();

/** A warning of a day ago that each of two members is told of by a message of their own; gives the ids of the messages. */
async function warningOfTwo(): Promise<[string, string]> {
  const members = [await world.user('grace'), await world.user('linus')];
  await world.token({ ends: '1 hour', accountId: await world.account('etl', [await world.group(members)]) });
  const messages = await world.sql<{ id: string }>(
    `WITH warned AS (INSERT INTO token_warnings (token_id, kind, ends_at, threshold_seconds, decided_at, recipients)
       SELECT id, 'EXPIRY', ends_at, 86400, clock_timestamp() - interval '1 day', 2 FROM access_tokens RETURNING id),
     written AS (INSERT INTO outbox_messages (id, channel, purpose, recipient_id, recipient_email, content)
       SELECT gen_random_uuid(), 'EMAIL', 'token-warning', id, email, '{}' FROM users RETURNING id, recipient_id),
     told AS (INSERT INTO token_warning_recipients (warning_id, channel, user_id, message_id)
       SELECT warned.id, 'EMAIL', recipient_id, written.id FROM warned, written)
     SELECT id FROM written`,
  );
  return [messages[0]?.id ?? '', messages[1]?.id ?? ''];
}

const end = (id: string, state = 'SENT', ago = '0 s') =>
  world.sql(
    'UPDATE outbox_messages SET state = $2, ended_at = clock_timestamp() - $3::interval WHERE id = $1',
    [id, state, ago],
  );
const isSent = async () => (await world.warnings())[0]?.isSent;
/** How many minutes ago everybody was told. */
const sentMinutesAgo = async () =>
  (
    await world.sql<{ minutes: number }>(
      'SELECT round(extract(epoch FROM clock_timestamp() - sent_at) / 60)::int AS minutes FROM token_warnings',
    )
  ).map(({ minutes }) => minutes);
const settle = () => world.server.database.transaction(settleEnded);

describe('a warning of two', () => {
  it('is sent when the last one was told or given up, and not before', async () => {
    const [first, second] = await warningOfTwo();
    await end(first);
    expect(await settle()).toBe(1);
    expect(await isSent()).toBe(false);
    await end(second, 'GIVEN_UP');
    expect(await settle()).toBe(1);
    expect(await isSent()).toBe(true);
    expect(await settle()).toBe(0);
  });

  it('is sent where two processes settle one message each at the same moment', async () => {
    const [first, second] = await warningOfTwo();
    await end(first);
    const gate = new Gate();
    const one = world.server.database.transaction(async (tx) => {
      await settleEnded(tx);
      await gate.pass();
    });
    await gate.reached;
    await end(second);
    let hasEnded = false;
    const other = settle().finally(() => (hasEnded = true));
    const isWaited = async () =>
      (
        await world.sql(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        )
      ).length > 0;
    // It waits for the first one here; where it did not, it would have ended.
    await until(async () => hasEnded || (await isWaited()));
    gate.open();
    await Promise.all([one, other]);
    expect(await isSent()).toBe(true);
  });
});

describe('the moment of a warning', () => {
  it.each([
    ['the earlier end is settled first', '2 hours', '1 hour'],
    ['the later end is settled first', '1 hour', '2 hours'],
  ])('is when the last one was told or given up, where %s', async (_, one, then) => {
    const [first, second] = await warningOfTwo();
    await end(first, 'SENT', one);
    await settle();
    await end(second, 'GIVEN_UP', then);
    await settle();
    expect(await sentMinutesAgo()).toEqual([60]);
  });

  it('is its own, whatever else is settled with it', async () => {
    for (const id of await warningOfTwo()) await end(id, 'SENT', '1 hour');
    await world.sql(
      `INSERT INTO outbox_messages (id, channel, purpose, recipient_id, recipient_email, content, state, ended_at)
       VALUES (gen_random_uuid(), 'EMAIL', 'token-warning', gen_random_uuid(), 'ada@example.org', '{}', 'SENT', clock_timestamp())`,
    );
    expect(await settle()).toBe(3);
    expect(await sentMinutesAgo()).toEqual([60]);
  });

  it('is never before it was decided, whatever the clock of the database did', async () => {
    for (const id of await warningOfTwo()) await end(id, 'SENT', '2 days');
    await settle();
    expect(await sentMinutesAgo()).toEqual([24 * 60]);
    const earlier = world.sql(`UPDATE token_warnings SET sent_at = decided_at - interval '1 millisecond'`);
    await expect(earlier).rejects.toThrow('token_warnings_are_decided_before_they_are_sent');
  });

  it('is when that was found out, where the messages are gone', async () => {
    await warningOfTwo();
    await world.sql('UPDATE token_warning_recipients SET is_told = true, message_id = NULL');
    const [warning] = await world.sql<{ id: string }>('SELECT id FROM token_warnings');
    await world.server.database.transaction((tx) => markSent(tx, [warning?.id ?? '']));
    expect(await sentMinutesAgo()).toEqual([0]);
  });
});
