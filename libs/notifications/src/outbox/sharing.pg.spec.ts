import { describe, expect, it } from '@jest/globals';
import { until } from '../../../../test/harness/index.js';
import { mailing } from '../../test/mailing.js';
import type { Outcome } from './delivery.rules.js';
import type { Delivery } from './channel-sender.js';

const world = mailing();
const ended = ({ state }: { state: string }) => state !== 'WAITING';
const NAMES = Array.from({ length: 60 }, (_, i) => `person${String(i).padStart(2, '0')}`);
/** A process that is killed, or frozen, when the server has accepted its message: what came of it is never written. */
const lostBehindAccept = (real: Delivery): Delivery => ({
  ...real,
  rest: real.rest ?? (() => undefined),
  deliver: async (message, ending) => {
    await real.deliver(message, ending);
    return new Promise<Outcome>((resolve) =>
      ending.stopping.addEventListener('abort', () => resolve({ end: 'SENT' })),
    );
  },
});
const claimsRunOut = () =>
  world.sql(`UPDATE outbox_messages SET claimed_until = clock_timestamp() - interval '1 second',
    next_attempt_at = clock_timestamp() - interval '1 second' WHERE claimed_by IS NOT NULL`);

describe('several senders', () => {
  it('share the work, and no message goes twice', async () => {
    const server = await world.smtp();
    await world.mailTo(...NAMES);
    const senders = [await world.process(), await world.process(), await world.process()];
    expect(senders).toHaveLength(3);
    await world.untilAll(ended);
    expect(server.arrived.map(({ to }) => to).sort()).toEqual(NAMES.map((name) => `${name}@example.org`));
    expect(server.connections()).toBeGreaterThan(1);
  });
  it('that are woken by nobody find what somebody else has enqueued', async () => {
    const server = await world.smtp();
    await world.process();
    await world.mailTo('ada');
    await world.untilAll(ended);
    expect(server.accepted()).toHaveLength(1);
  });
});

describe('a process that ends between the accept and the ending', () => {
  it('costs one duplicate with the same Message-ID, and none of the other messages goes twice', async () => {
    const server = await world.smtp();
    await world.mailTo(...NAMES.slice(0, 5));
    await world.process({ name: 'killed', delivery: lostBehindAccept });
    await until(() => server.accepted().length === 1);
    await claimsRunOut();
    await world.process();
    await world.untilAll(ended);
    expect(server.arrived).toHaveLength(6);
    const ids = server.arrived.map(({ parsed }) => parsed.messageId);
    expect(new Set(ids).size).toBe(5);
    expect(ids.filter((id) => id === ids[0])).toHaveLength(2);
  });
  it('and wakes again, does not undo what another one has written since', async () => {
    const server = await world.smtp({ toMessage: () => '550 Refused' });
    await world.mailTo('ada');
    const frozen = await world.process({ name: 'frozen', delivery: lostBehindAccept });
    await until(() => server.arrived.length === 1);
    await claimsRunOut();
    await world.process();
    await world.untilAll(ended);
    await frozen.stop(); // it says SENT now
    expect(await world.stored()).toMatchObject([{ state: 'GIVEN_UP', reply: '550 Refused' }]);
  });
  it('keeps its message for as long as its claim lasts', async () => {
    const server = await world.smtp();
    await world.mailTo('ada');
    await world.process({ name: 'slow', delivery: lostBehindAccept });
    await until(() => server.accepted().length === 1);
    const [claim] = await world.sql<{ seconds: number }>(
      `SELECT extract(epoch FROM claimed_until - clock_timestamp())::float8 AS seconds FROM outbox_messages`,
    );
    expect(claim?.seconds).toBeGreaterThan(50);
    expect(claim?.seconds).toBeLessThanOrEqual(60);
    await world.process();
    await world.mailTo('grace');
    await until(() => server.accepted().length === 2);
    expect(server.named).toEqual(['ada@example.org', 'grace@example.org']);
  });
});

describe('a database that is away when a mail has been accepted', () => {
  it('is told as soon as it is back, and the mail does not go twice', async () => {
    const server = await world.smtp();
    await world.mailTo('ada');
    const isAway = { since: 0 };
    await world.process({
      delivery: (real) => ({
        ...real,
        rest: real.rest ?? (() => undefined),
        deliver: async (message, ending) => {
          const outcome = await real.deliver(message, ending);
          await world.sql('ALTER TABLE outbox_messages RENAME TO away');
          isAway.since = performance.now();
          return outcome;
        },
      }),
    });
    await until(() => isAway.since > 0 && performance.now() - isAway.since > 1_200);
    await world.sql(`UPDATE away SET claimed_until = clock_timestamp(), next_attempt_at = clock_timestamp()`);
    await world.process({ name: 'another' });
    await world.sql('ALTER TABLE away RENAME TO outbox_messages');
    await world.untilAll(ended);
    expect(await world.stored()).toMatchObject([{ state: 'SENT', attempts: 1 }]);
    expect(server.arrived).toHaveLength(1);
  });
});

describe('a process that stops', () => {
  it.each(['GREETING', 'RECIPIENT'] as const)(
    'while the server hangs at %s does so at once, and leaves the message to the next one',
    async (hangs) => {
      const server = await world.smtp({ hangs });
      await world.mailTo('ada', 'grace');
      const sender = await world.process();
      await until(() => (hangs === 'GREETING' ? server.connections() === 1 : server.named.length === 1));
      const began = performance.now();
      await sender.stop();
      expect(performance.now() - began).toBeLessThan(3_000);
      for (const message of await world.stored())
        expect(message).toMatchObject({ state: 'WAITING', claimedBy: null, reply: null, unanswered: 0 });
      server.script = {};
      await world.process();
      await world.untilAll(ended);
      expect(server.accepted()).toHaveLength(2);
    },
  );
  it('while the server hangs behind the message waits some seconds for the answer, and no longer', async () => {
    const server = await world.smtp({ hangs: 'ANSWER' });
    await world.mailTo('ada', 'grace');
    const sender = await world.process();
    await until(() => server.arrived.length === 1);
    const began = performance.now();
    await sender.stop();
    expect(performance.now() - began).toBeLessThan(9_000);
    expect((await world.stored()).map(({ unanswered }) => unanswered).sort()).toEqual([0, 1]);
  });
});

describe('a message that cannot be made ready', () => {
  it('waits, is named in the log, and keeps nobody else from being told', async () => {
    const server = await world.smtp();
    const [id] = await world.mailTo('ada', 'grace');
    await world.sql(
      `UPDATE outbox_messages SET content = '{"type": "unknown"}' WHERE recipient_email ~ 'ada'`,
    );
    await world.process();
    await until(async () => (await world.states())['grace'] === 'SENT');
    await until(async () => (await world.stored())[0]?.rest !== null);
    expect((await world.stored())[0]).toMatchObject({
      state: 'WAITING',
      reply: expect.stringContaining('made ready'),
    });
    expect(world.lines.join()).toContain(id);
    expect(server.named).toEqual(['grace@example.org']);
  });
});
