import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startSmtp, until, type RunningSmtp } from '../../../../test/harness/index.js';
import { warningWorldForSpecs, type WarningInstance } from '../../test/warning-world.js';

const world = warningWorldForSpecs();
let smtp: RunningSmtp;
let one: WarningInstance;

beforeEach(async () => {
  smtp = await startSmtp();
  one = await world.another({ smtp: { host: '127.0.0.1', port: smtp.port } });
});
afterEach(() => smtp.stop());

/** Addresses that got mail, each as often as it did. */
const told = () =>
  smtp
    .accepted()
    .map(({ to }) => to)
    .sort();

describe('a run', () => {
  it('tells each person of all their tokens in one message, and says so', async () => {
    const [grace, linus] = [await world.user('grace'), await world.user('linus')];
    await world.token({ ends: '20 hours', userId: grace, name: 'first', used: '2 days' });
    await world.token({ ends: '3 days', userId: grace, name: 'second' });
    await world.token({ ends: '3 days', userId: linus, name: 'of-linus' });
    await world.token({ ends: '300 days', userId: linus, name: 'later' });
    expect(await one.run()).toMatchObject({
      ...{ state: 'SUCCEEDED', examined: 3, affected: 3, error: null },
      details: { warned: 3, messages: 2, told: 2, waiting: 0, refused: 0, failedRecipients: [] },
    });
    expect(told()).toEqual(['grace@example.org', 'linus@example.org']);
    const mail = smtp.accepted().find(({ to }) => to === 'grace@example.org')?.parsed;
    expect(mail?.text).toMatch(/first[^]*second/);
    expect(mail?.text).not.toContain('of-linus');
    expect(mail?.html).toContain('second');
    expect(await world.warnings()).toEqual([
      { token: 'first', threshold: 1, recipients: 1, isSent: true },
      { token: 'of-linus', threshold: 7, recipients: 1, isSent: true },
      { token: 'second', threshold: 7, recipients: 1, isSent: true },
    ]);
  });

  it('tells nobody twice, until the next threshold has passed', async () => {
    await world.token({ ends: '2 days', userId: await world.user('grace') });
    await one.run();
    expect(await one.run()).toMatchObject({ state: 'SUCCEEDED', affected: 0, details: { messages: 0 } });
    expect(told()).toHaveLength(1);
    await world.setWarnings({ thresholds: ['P7D', 'PT47H59M', 'PT49H'] });
    await one.run();
    expect(told()).toHaveLength(2);
  });

  it('tells every member of an account, and administrators as such where there is none', async () => {
    const [grace, linus, ada] = [
      await world.user('grace'),
      await world.user('linus'),
      await world.user('ada'),
    ];
    await world.group([ada], { isPinned: true });
    const etl = await world.account('nightly-etl', [await world.group([grace, linus])]);
    await world.token({ ends: '1 hour', accountId: etl });
    await world.token({ ends: '1 hour', accountId: await world.account('orphan', []), name: 'lost' });
    await one.run();
    expect(told()).toEqual(['ada@example.org', 'grace@example.org', 'linus@example.org']);
    expect(await world.warnings()).toMatchObject([{ recipients: 2 }, { recipients: 1 }]);
    const contents = await world.sql<{ name: string; is: boolean }>(
      `SELECT recipient_name AS name, content -> 'tokens' @> '[{"asAdministrator": true}]' AS is FROM outbox_messages ORDER BY 1`,
    );
    expect(contents).toEqual([
      { name: 'Ada', is: true },
      { name: 'Grace', is: false },
      { name: 'Linus', is: false },
    ]);
  });

  it('names those who have no address, and goes well where nobody is to be told', async () => {
    await world.token({ ends: '1 hour', userId: await world.user('grace', { email: null }) });
    await world.token({ ends: '1 hour', userId: await world.user('barbara', { state: 'DISABLED' }) });
    expect(await one.run()).toMatchObject({
      ...{ state: 'SUCCEEDED', affected: 2 },
      details: { withoutEmail: ['grace'], withoutEmailCount: 1, messages: 0, told: 0 },
    });
    expect(await world.warnings()).toMatchObject([
      { recipients: 0, isSent: true },
      { recipients: 0, isSent: true },
    ]);
  });
});

describe('a server that refuses', () => {
  it('one recipient for good: that one is given up and named, and everybody else told', async () => {
    smtp.script = {
      toRecipient: (address) =>
        address.startsWith('grace') ? `550 5.1.1 <${address}>: no such user` : undefined,
    };
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    await world.token({ ends: '1 hour', userId: await world.user('linus') });
    expect(await one.run()).toMatchObject({
      state: 'SUCCEEDED',
      details: {
        ...{ told: 1, waiting: 0, refused: 1 },
        failedRecipients: [
          {
            ...{ name: 'Grace', email: 'grace@example.org' },
            reply: '550 5.1.1 <[recipient]>: no such user',
          },
        ],
      },
    });
    expect(await world.warnings()).toMatchObject([{ isSent: true }, { isSent: true }]);
    await one.run();
    expect(smtp.named.filter((address) => address.startsWith('grace'))).toHaveLength(1);
  });

  it('nothing, for one address is none: it reaches no server, and its owner is named', async () => {
    await world.token({
      ends: '1 hour',
      userId: await world.user('grace', { email: 'a@b.example, c@d.example' }),
    });
    await world.token({ ends: '1 hour', userId: await world.user('linus') });
    expect(await one.run()).toMatchObject({
      state: 'SUCCEEDED',
      details: { told: 1, refused: 1, failedRecipients: [{ name: 'Grace', email: '' }] },
    });
    expect(smtp.named).toEqual(['linus@example.org']);
    expect(await world.warnings()).toMatchObject([{ isSent: true }, { isSent: true }]);
  });

  it('the only recipient for good: the run is FAILED with the reply, and nobody tries again', async () => {
    smtp.script = { toRecipient: (address) => `550 5.1.1 <${address}>: no such user` };
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    expect(await one.run()).toMatchObject({
      state: 'FAILED',
      error: 'Nobody could be told. 550 5.1.1 <[recipient]>: no such user',
      details: { refused: 1 },
    });
    const [failed] = await world.sql<{ details: object }>(
      `SELECT details FROM audit_pending_events WHERE action = 'housekeeping.failed'`,
    );
    expect(JSON.stringify(failed)).toContain('<[recipient]>: no such user');
    expect(await one.run()).toMatchObject({ state: 'SUCCEEDED' });
    expect(smtp.named).toHaveLength(1);
  });

  it('one recipient for now: the others are told, that one stays due and the next run tries again', async () => {
    smtp.script = {
      toRecipient: (address, time) =>
        address.startsWith('grace') && time === 1 ? '451 Greylisted, come back' : undefined,
    };
    await world.token({ ends: '1 hour', userId: await world.user('grace'), name: 'grey' });
    await world.token({ ends: '1 hour', userId: await world.user('linus'), name: 'white' });
    expect(await one.run()).toMatchObject({ state: 'SUCCEEDED', details: { told: 1, waiting: 1 } });
    expect(await world.warnings()).toMatchObject([{ isSent: false }, { isSent: true }]);
    expect(await one.run()).toMatchObject({ state: 'SUCCEEDED', affected: 0, details: { told: 1 } });
    expect(await world.warnings()).toMatchObject([{ isSent: true }, { isSent: true }]);
    expect(told()).toEqual(['grace@example.org', 'linus@example.org']);
  });

  it('everybody for now: the run is FAILED with the reply, and what was sent behind it is noted behind it', async () => {
    smtp.script = { toSender: '421 Too busy' };
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    await world.token({ ends: '1 hour', userId: await world.user('linus') });
    expect(await one.run()).toMatchObject({
      ...{ state: 'FAILED', affected: 2, error: expect.stringContaining('421 Too busy') },
      details: { warned: 2, told: 0, waiting: 2 },
    });
    smtp.script = {};
    await world.sql('UPDATE outbox_messages SET next_attempt_at = clock_timestamp()');
    one.notifications.wake();
    await until(() => told().length === 2);
    await until(async () => {
      await one.settler.settle(new AbortController().signal);
      return (await world.warnings()).every(({ isSent }) => isSent);
    });
  });

  it('every connection: FAILED, and the next run tells, once', async () => {
    const { port } = smtp;
    await smtp.stop();
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    expect(await one.run()).toMatchObject({ state: 'FAILED', details: { waiting: 1 } });
    smtp = await startSmtp({ port });
    expect(await one.run()).toMatchObject({ state: 'SUCCEEDED', details: { told: 1 } });
    expect(told()).toHaveLength(1);
  });
});

describe('the channels of the policy', () => {
  it('are looked at before anything is marked: mail without SMTP_URL is FAILED', async () => {
    const mute = await world.another({});
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    expect(await mute.run()).toMatchObject({
      ...{ state: 'FAILED', examined: 0, affected: 0 },
      error: expect.stringContaining('SMTP_URL is not set'),
    });
    expect(await world.warnings()).toEqual([]);
    expect(await one.run()).toMatchObject({ state: 'SUCCEEDED', details: { told: 1 } });
  });

  it('are looked at before anything is marked: a webhook alone without WEBHOOK_URL is FAILED', async () => {
    await world.setWarnings({ channels: ['WEBHOOK'] });
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    expect(await one.run()).toMatchObject({
      state: 'FAILED',
      error: expect.stringContaining('WEBHOOK_URL is not set'),
    });
    expect(await world.warnings()).toEqual([]);
  });

  it('may name a webhook that is off beside mail: it is left out, and said', async () => {
    await world.setWarnings({ channels: ['EMAIL', 'WEBHOOK'] });
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    expect(await one.run()).toMatchObject({ state: 'SUCCEEDED', details: { told: 1, webhook: 'off' } });
    expect(await world.warnings()).toMatchObject([{ isSent: true }]);
  });
});

describe('a dry run', () => {
  it('says what a run would do, and writes nothing', async () => {
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    await world.token({ ends: '2 hours', userId: await world.user('edsger', { email: null }) });
    expect(await one.run({ dryRun: true })).toMatchObject({
      ...{ state: 'SUCCEEDED', examined: 2, affected: 2 },
      details: { warned: 2, messages: 1, withoutEmail: ['edsger'] },
    });
    for (const table of ['token_warnings', 'token_warning_recipients', 'outbox_messages'])
      expect(await world.sql(`SELECT FROM ${table}`)).toEqual([]);
    expect(await world.warnedEvents()).toEqual([]);
    expect(smtp.named).toEqual([]);
  });

  it('says what would make the run fail', async () => {
    const mute = await world.another({});
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    expect(await mute.run({ dryRun: true })).toMatchObject({
      ...{ state: 'SUCCEEDED', affected: 1 },
      details: { messages: 1, wouldFail: expect.stringContaining('SMTP_URL') },
    });
  });
});
