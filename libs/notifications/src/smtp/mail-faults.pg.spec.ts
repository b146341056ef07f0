import { describe, expect, it } from '@jest/globals';
import { until } from '../../../../test/harness/index.js';
import { mailFor, mailing } from '../../test/mailing.js';
import { enqueue } from '../outbox/enqueue.queries.js';

const world = mailing();
const SHORT = { connectionTimeout: 400, greetingTimeout: 400, socketTimeout: 400 };
const ended = ({ state }: { state: string }) => state !== 'WAITING';
const tried = ({ state, rest }: { state: string; rest: number | null }) =>
  state !== 'WAITING' || rest !== null;
const toldOnce = (server: { accepted: () => { to: string }[] }) =>
  server.accepted().map(({ to }) => to.split('@')[0]);

describe('a mail server that refuses', () => {
  it('one recipient for good: that one is given up, everybody else is told, nobody twice', async () => {
    const server = await world.smtp({
      toRecipient: (address) =>
        address.startsWith('grace') ? `550 5.1.1 <${address}>: No such user` : undefined,
    });
    await world.mailTo('ada', 'grace', 'linus', 'edsger');
    await world.process();
    await world.untilAll(ended);
    expect(await world.states()).toEqual({ ada: 'SENT', grace: 'GIVEN_UP', linus: 'SENT', edsger: 'SENT' });
    expect(toldOnce(server).sort()).toEqual(['ada', 'edsger', 'linus']);
    expect(server.named.filter((address) => address.startsWith('grace'))).toHaveLength(1);
    const [, , grace] = await world.stored();
    expect(grace).toMatchObject({
      attempts: 1,
      reply: '550 5.1.1 <[recipient]>: No such user',
      claimedBy: null,
    });
    expect(server.connections()).toBe(1);
  });
  it('everybody: each is given up with its reply, by one connection, and nobody is named in the log', async () => {
    const server = await world.smtp({ toRecipient: (address) => `554 5.7.1 <${address}>: Not from you` });
    await world.mailTo('ada', 'grace', 'linus');
    await world.process();
    await world.untilAll(ended);
    expect(await world.states()).toEqual({ ada: 'GIVEN_UP', grace: 'GIVEN_UP', linus: 'GIVEN_UP' });
    expect(server.named).toHaveLength(3);
    expect(server.connections()).toBe(1);
    await until(() => world.lines.filter((line) => line.includes('given up')).length === 3);
    expect(world.lines.join()).not.toMatch(/ada|grace|linus|example\.org/);
    for (const { reply } of await world.stored()) expect(reply).toBe('554 5.7.1 <[recipient]>: Not from you');
  });
  it('one whose domain it writes in the letters of its language: it is not named either', async () => {
    await world.smtp({ toRecipient: () => '550 <Grace@BÜCHER.example>, grace@xn--bcher-kva.example: gone' });
    const mail = mailFor('grace@bücher.example', 'Grace');
    await world.database.transaction((tx) => enqueue(tx, [mail]));
    await world.process();
    await world.untilAll(ended);
    expect((await world.stored())[0]?.reply).toBe('550 <[recipient]>, [recipient]: gone');
  });
  it('one message: that one is given up, the next goes over the same connection', async () => {
    const server = await world.smtp({
      toMessage: ({ to }) => (to.startsWith('ada') ? `552 5.3.4 Too big for ${to}` : undefined),
    });
    await world.mailTo('ada', 'grace');
    await world.process();
    await world.untilAll(ended);
    expect(await world.states()).toEqual({ ada: 'GIVEN_UP', grace: 'SENT' });
    expect((await world.stored())[0]?.reply).toBe('552 5.3.4 Too big for [recipient]');
    expect(server.connections()).toBe(1);
  });
  it.each(['451 4.3.0 Not now', '550 5.7.1 Never from here'] as const)(
    'the sender with %s: everything waits, and one attempt is enough to know',
    async (reply) => {
      const server = await world.smtp({ toSender: reply });
      await world.mailTo('ada', 'grace', 'linus');
      await world.process();
      await world.untilAll(({ rest }) => rest !== null);
      const stored = await world.stored();
      for (const message of stored) expect(message).toMatchObject({ state: 'WAITING', attempts: 1, reply });
      expect(server.connections()).toBe(1);
      server.script = {};
      await world.makeDue();
      await world.untilAll(ended);
      expect(toldOnce(server).sort()).toEqual(['ada', 'grace', 'linus']);
    },
  );
  it('a sign-in that somebody forgot, which it says to the recipient: nobody is given up for that', async () => {
    await world.smtp({ toRecipient: () => '530 5.7.0 Authentication required' });
    await world.mailTo('ada', 'grace');
    await world.process();
    await world.untilAll(({ rest }) => rest !== null);
    expect(await world.states()).toEqual({ ada: 'WAITING', grace: 'WAITING' });
  });
});

describe('a mail server that says "later"', () => {
  it('to a recipient at first sight (greylisting): that mail waits 20 to 40 seconds, and is told once', async () => {
    const server = await world.smtp({
      toRecipient: (address, time) =>
        address.startsWith('ada') && time === 1 ? '450 4.2.0 Greylisted' : undefined,
    });
    await world.mailTo('ada', 'grace');
    await world.process();
    await world.untilAll(tried);
    const [ada] = await world.stored();
    expect(ada).toMatchObject({ state: 'WAITING', attempts: 1, reply: '450 4.2.0 Greylisted' });
    expect(ada?.rest).toBeGreaterThanOrEqual(20);
    expect(ada?.rest).toBeLessThanOrEqual(40.1);
    expect(toldOnce(server)).toEqual(['grace']);
    await world.makeDue();
    await world.untilAll(ended);
    expect(toldOnce(server)).toEqual(['grace', 'ada']);
    expect((await world.stored()).every(({ state }) => state === 'SENT')).toBe(true);
  });
  it('to a message: that mail waits, the others do not', async () => {
    await world.smtp({ toMessage: ({ to }) => (to.startsWith('ada') ? '452 4.3.1 Full' : undefined) });
    await world.mailTo('ada', 'grace');
    await world.process();
    await world.untilAll(tried);
    expect(await world.states()).toEqual({ ada: 'WAITING', grace: 'SENT' });
  });
  it('to the connection: everything waits, said once, and goes when it can, said once', async () => {
    const server = await world.smtp({ atConnect: '421 4.3.2 Busy' });
    await world.mailTo('ada', 'grace');
    await world.process();
    await world.untilAll(({ rest }) => rest !== null);
    const first = await world.stored();
    for (const message of first)
      expect(message).toMatchObject({ attempts: 1, reply: expect.stringContaining('Busy') });
    await world.makeDue();
    await world.untilAll(({ attempts, rest }) => attempts === 2 && (rest ?? 0) >= 40);
    server.script = {};
    await world.makeDue();
    await world.untilAll(ended);
    expect(world.lines.filter((line) => line.includes('takes no mail'))).toHaveLength(1);
    await until(() => world.lines.some((line) => line.includes('takes mail again')));
    expect(toldOnce(server)).toHaveLength(2);
  });
  it('and closes in the middle (421 to a recipient): everything waits', async () => {
    await world.smtp({ toRecipient: (address) => `421 4.3.2 Not for ${address} or eve@example.org now` });
    await world.mailTo('ada', 'grace');
    await world.process();
    await world.untilAll(({ rest }) => rest !== null);
    for (const { reply } of await world.stored())
      expect(reply).toBe('421 4.3.2 Not for [recipient] or [address] now');
    expect(world.lines.join()).toContain('takes no mail');
    expect(world.lines.join()).not.toMatch(/ada|grace|eve@|example\.org/);
    expect((await world.stored()).map(({ state, attempts }) => `${state} ${attempts}`)).toEqual([
      'WAITING 1',
      'WAITING 1',
    ]);
  });
});

describe('a mail server that is not there', () => {
  it('costs one attempt for all that is due, and they go when it comes', async () => {
    const gone = await world.smtp();
    await gone.stop();
    await world.mailTo('ada', 'grace', 'linus');
    await world.process({ url: gone.url });
    await world.untilAll(({ rest }) => rest !== null);
    for (const message of await world.stored())
      expect(message).toMatchObject({
        state: 'WAITING',
        attempts: 1,
        reply: expect.stringContaining('ECONNREFUSED'),
      });
    const back = await world.smtp({ port: gone.port });
    await world.makeDue();
    await world.untilAll(ended);
    expect(toldOnce(back).sort()).toEqual(['ada', 'grace', 'linus']);
  });
  it('for five days: what could not be sent for so long is given up', async () => {
    const gone = await world.smtp();
    await gone.stop();
    await world.mailTo('ada', 'grace', 'linus');
    await world.sql(
      `UPDATE outbox_messages SET created_at = clock_timestamp() - interval '5 days 1 second' WHERE recipient_email ~ 'ada|grace'`,
    );
    await world.process({ url: gone.url });
    await world.untilAll(tried);
    expect(await world.states()).toEqual({ ada: 'GIVEN_UP', grace: 'GIVEN_UP', linus: 'WAITING' });
  });
});

describe('a mail server that hangs', () => {
  it.each(['GREETING', 'RECIPIENT'] as const)(
    'at %s: one time-out for all that is due, and nothing counts as perhaps delivered',
    async (hangs) => {
      const server = await world.smtp({ hangs });
      await world.mailTo('ada', 'grace', 'linus');
      await world.process({ connection: SHORT });
      await world.untilAll(({ rest }) => rest !== null);
      for (const message of await world.stored())
        expect(message).toMatchObject({ state: 'WAITING', attempts: 1, unanswered: 0 });
      expect(server.connections()).toBe(1);
    },
  );
  it('behind the message: that one may have arrived, the others are not even named', async () => {
    const server = await world.smtp({ hangs: 'ANSWER' });
    await world.mailTo('ada', 'grace', 'linus');
    await world.process({ connection: SHORT });
    await world.untilAll(({ rest }) => rest !== null);
    expect((await world.stored()).map(({ unanswered }) => unanswered).sort()).toEqual([0, 0, 1]);
    expect(server.named).toHaveLength(1);
  });
});

describe('a mail server that breaks off', () => {
  it('before the message is there: it waits, and is told once', async () => {
    const server = await world.smtp({ drops: 'RECIPIENT' });
    await world.mailTo('ada', 'grace');
    await world.process();
    await world.untilAll(({ rest }) => rest !== null);
    for (const message of await world.stored())
      expect(message).toMatchObject({ state: 'WAITING', unanswered: 0 });
    server.script = {};
    await world.makeDue();
    await world.untilAll(ended);
    expect(server.arrived).toHaveLength(2);
  });
  it('behind the message, without an answer: it is tried again with the same Message-ID, three times in all', async () => {
    const server = await world.smtp({ drops: 'BEFORE_ANSWER' });
    const [id] = await world.mailTo('ada');
    await world.process();
    for (const times of [1, 2, 3]) {
      await until(async () =>
        (await world.stored()).every(({ attempts, claimedBy }) => attempts === times && !claimedBy),
      );
      await world.makeDue();
    }
    expect(await world.stored()).toMatchObject([{ state: 'GIVEN_UP', unanswered: 2, attempts: 3 }]);
    expect(server.arrived.map(({ parsed }) => parsed.messageId)).toEqual(
      Array.from({ length: 3 }, () => `<${id}@tokens.example>`),
    );
  });
  it('behind one message alone: the others are told, nobody twice', async () => {
    const server = await world.smtp();
    server.script = {
      toMessage: ({ to }) => {
        server.script.drops = to.startsWith('grace') ? 'BEFORE_ANSWER' : undefined;
        return undefined;
      },
    };
    await world.mailTo('ada', 'grace', 'linus');
    await world.process();
    await world.untilAll(tried);
    expect(
      toldOnce(server)
        .sort()
        .filter((name) => name !== 'grace'),
    ).toEqual(['ada', 'linus']);
  });
  it('after some messages, with 421: the next goes over a new connection at once, and nobody waits', async () => {
    const server = await world.smtp({ mostPerConnection: 2 });
    await world.mailTo('ada', 'edsger', 'grace', 'hedy', 'linus');
    await world.process();
    await world.untilAll(ended);
    expect((await world.stored()).every(({ state, attempts }) => state === 'SENT' && attempts === 1)).toBe(
      true,
    );
    expect(server.connections()).toBe(3);
    expect(world.lines.filter((line) => line.includes('takes no mail'))).toEqual([]);
  });
  it('behind having accepted it: it is sent, once, and the next goes over a new connection', async () => {
    const server = await world.smtp({ drops: 'AFTER_ANSWER' });
    await world.mailTo('ada', 'grace', 'linus');
    await world.process();
    await world.untilAll(ended);
    expect(toldOnce(server).sort()).toEqual(['ada', 'grace', 'linus']);
    expect(server.arrived).toHaveLength(3);
    expect((await world.stored()).every(({ state, attempts }) => state === 'SENT' && attempts === 1)).toBe(
      true,
    );
  });
});
