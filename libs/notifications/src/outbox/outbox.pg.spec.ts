import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { databaseNow } from '@tokenwarden/database';
import { readSettings } from '@tokenwarden/settings';
import { Logs, Metrics } from '@tokenwarden/telemetry';
import { until } from '../../../../test/harness/index.js';
import { Notifications } from '../notifications.js';
import { CONTENT, mailFor, mailing } from '../../test/mailing.js';
import { attemptsSince, hurry, takeEndedWarnings, untriedSince } from './attempts.queries.js';
import { enqueue } from './enqueue.queries.js';
import { OutboxKeeper } from './outbox-keeper.js';
import type { OutgoingEvent, OutgoingMail, Purpose } from './outgoing.js';

const world = mailing();
const ended = ({ state }: { state: string }) => state !== 'WAITING';
const warning = (name: string): OutgoingMail => ({
  ...mailFor(`${name}@example.org`, name),
  purpose: 'token-warning',
});
const event = (): OutgoingEvent => ({
  channel: 'WEBHOOK',
  purpose: 'event',
  id: randomUUID(),
  content: { type: 'tokenwarden.token.created', subject: null, time: '2026-11-27T08:00:00Z', data: {} },
});
const transaction: typeof world.database.transaction = (work) => world.database.transaction(work);
/** Everything of the purpose is due; the moment from which its attempts count. */
const hurried = async (purpose: Purpose): Promise<Date> => {
  const since = await world.database.read(databaseNow);
  while (await transaction((tx) => hurry(tx, purpose, since))) continue;
  return since;
};
const silent = new Logs({ level: 'fatal', destination: { write: () => undefined } });

describe('what is enqueued', () => {
  it('waits as it is, its ids in the order of the messages, many at once', async () => {
    const mails = Array.from({ length: 250 }, (_, i) => warning(`p${i}`));
    const told = event();
    const ids = await transaction((tx) => enqueue(tx, [...mails, told]));
    expect(ids).toHaveLength(251);
    expect(ids[250]).toBe(told.id);
    const [stored] = await world.sql('SELECT * FROM outbox_messages WHERE id = $1', [ids[123]]);
    expect(stored).toMatchObject({
      channel: 'EMAIL',
      purpose: 'token-warning',
      recipient_id: mails[123]?.recipient.id,
      recipient_name: 'p123',
      recipient_email: 'p123@example.org',
      content: CONTENT,
      state: 'WAITING',
      attempts: 0,
    });
  });
  it('is gone with the decision that is not made', async () => {
    const decision = transaction(async (tx) => {
      await enqueue(tx, [warning('ada')]);
      throw new Error('no');
    });
    await expect(decision).rejects.toThrow('no');
    expect(await world.stored()).toEqual([]);
  });
  it('is nothing where there is nobody', async () =>
    expect(await transaction((tx) => enqueue(tx, []))).toEqual([]));
});

describe('whoever waits for attempts', () => {
  it('hurries a purpose, sees what is untried, and what came of it', async () => {
    const server = await world.smtp({
      toRecipient: (address, time) => {
        if (address.startsWith('grace')) return `550 <${address}>: no such user`;
        return address.startsWith('linus') || time > 1 ? undefined : '450 Later';
      },
    });
    await transaction((tx) => enqueue(tx, ['ada', 'grace', 'linus'].map(warning)));
    await world.mailTo('edsger');
    await world.sql(`UPDATE outbox_messages SET next_attempt_at = clock_timestamp() + interval '1 hour'`);
    const since = await hurried('token-warning');
    const untried = () => world.database.read((tx) => untriedSince(tx, 'token-warning', since));
    expect(await untried()).toBe(3);
    expect(await world.database.read((tx) => untriedSince(tx, 'token-warning', since, ['WEBHOOK']))).toBe(0);
    await world.process();
    await until(async () => (await untried()) === 0);
    const attempts = () => world.database.read((tx) => attemptsSince(tx, 'token-warning', since));
    expect(await attempts()).toEqual({
      sent: 1,
      waiting: 1,
      givenUpCount: 1,
      givenUp: [
        expect.objectContaining({
          recipientName: 'grace',
          email: 'grace@example.org',
          reply: '550 <[recipient]>: no such user',
        }),
      ],
      lastReply: expect.stringMatching(/^(550 <\[recipient\]>: no such user|450 Later)$/),
    });
    expect(server.named).not.toContain('edsger@example.org');

    const next = await hurried('token-warning');
    await until(
      async () => (await world.database.read((tx) => untriedSince(tx, 'token-warning', next))) === 0,
    );
    expect(await world.database.read((tx) => attemptsSince(tx, 'token-warning', next))).toEqual({
      sent: 1,
      waiting: 0,
      givenUpCount: 0,
      givenUp: [],
      lastReply: null,
    });
  });
  it('counts as untried what is being tried', async () => {
    await world.smtp({ hangs: 'RECIPIENT' });
    await transaction((tx) => enqueue(tx, [warning('ada')]));
    const since = await hurried('token-warning');
    const sender = await world.process();
    await until(async () => (await world.stored()).every(({ claimedBy }) => claimedBy !== null));
    expect(await world.database.read((tx) => untriedSince(tx, 'token-warning', since))).toBe(1);
    await hurried('token-warning');
    expect(
      await world.sql(
        `SELECT claimed_by, next_attempt_at > clock_timestamp() + interval '30 seconds' AS is_held FROM outbox_messages`,
      ),
    ).toEqual([{ claimed_by: 'process-1', is_held: true }]);
    await sender.stop();
  });
  it('takes note of each end once, of its purpose alone, and not where it takes it back', async () => {
    await world.smtp();
    const ids = await transaction((tx) => enqueue(tx, ['ada', 'grace', 'linus'].map(warning)));
    await world.mailTo('edsger');
    await world.process();
    await world.untilAll(ended);
    const undone = transaction(async (tx) => {
      expect(await takeEndedWarnings(tx, 10)).toHaveLength(3);
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    const [first, second] = await Promise.all([
      transaction((tx) => takeEndedWarnings(tx, 2)),
      transaction((tx) => takeEndedWarnings(tx, 2)),
    ]);
    const rest = await transaction((tx) => takeEndedWarnings(tx, 10));
    const taken = [...first, ...second, ...rest];
    expect(taken.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(taken[0]).toMatchObject({ state: 'SENT', endedAt: expect.any(Date) });
    expect(await transaction((tx) => takeEndedWarnings(tx, 10))).toEqual([]);
  });
});

describe('the keeper', () => {
  const keeper = (environment: Record<string, string>, metrics = new Metrics(silent)) =>
    new OutboxKeeper(
      world.database,
      silent,
      metrics,
      new Notifications(world.database, silent, readSettings(environment)),
    );
  const MAIL = { SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'a@example.org' };
  const keep = (environment: Record<string, string> = MAIL) =>
    keeper(environment).keep(new AbortController().signal);
  /** Messages that ended so many days ago, or wait for as long. */
  const aged = async (name: string, state: string, days: number, extra = '') => {
    await transaction((tx) => enqueue(tx, [warning(name)]));
    await world.sql(
      `UPDATE outbox_messages SET state = $2, created_at = clock_timestamp() - $3 * interval '1 day',
         ended_at = CASE WHEN $2 <> 'WAITING' THEN clock_timestamp() - $3 * interval '1 day' END ${extra}
       WHERE recipient_email = $1 || '@example.org'`,
      [name, state, days],
    );
  };

  it('forgets what was sent after 7 days and what was given up after 90, and nothing that waits', async () => {
    const taken = ', is_acknowledged = true';
    await aged('sent-old', 'SENT', 7.001, taken);
    await aged('sent-new', 'SENT', 6.999, taken);
    await aged('lost-old', 'GIVEN_UP', 90.001, taken);
    await aged('lost-new', 'GIVEN_UP', 89.999, taken);
    await aged('waits', 'WAITING', 400);
    await keep();
    expect(Object.keys(await world.states())).toEqual(['lost-new', 'sent-new', 'waits']);
  });
  it('keeps a warning until somebody has taken note of its end; of a notice nobody has to', async () => {
    await aged('unnoted', 'SENT', 30);
    await aged('notice', 'SENT', 30, `, purpose = 'administrators'`);
    await keep();
    expect(Object.keys(await world.states())).toEqual(['unnoted']);
  });
  it('gives up what has waited for five days for a channel that is not open', async () => {
    await aged('old', 'WAITING', 5.001);
    await aged('new', 'WAITING', 4.999);
    await keep({});
    expect(await world.states()).toEqual({ old: 'GIVEN_UP', new: 'WAITING' });
    expect((await world.stored()).find(({ email }) => email.startsWith('old'))?.reply).toContain('SMTP_URL');
  });
  it('says how many wait and how many were given up', async () => {
    const metrics = new Metrics(silent);
    keeper(MAIL, metrics).onModuleInit();
    await transaction((tx) => enqueue(tx, [warning('ada'), event(), mailFor('nobody', 'x')]));
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/^tokenwarden_outbox_pending 2$/m);
    expect(text).toMatch(/^tokenwarden_outbox_given_up 1$/m);
  });
});
