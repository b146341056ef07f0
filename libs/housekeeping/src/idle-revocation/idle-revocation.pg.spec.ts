import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Notifications } from '@tokenwarden/notifications';
import { Settings, type SettingsValues } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import { recordUses, restartUseTracking } from '@tokenwarden/tokens';
import { startSmtp, until } from '../../../../test/harness/index.js';
import { keptTokensForSpecs } from '../../test/kept-tokens.js';
import { BY_HAND, Gate } from '../../test/running-housekeeping.js';
import { IdleRevocationTask } from './idle-revocation.task.js';

const kept = keptTokensForSpecs();
const running: Notifications[] = [];

interface Wanted {
  /** Undefined: there is no mail server. */
  readonly smtpPort?: number | undefined;
  readonly usesWrittenWithin?: number;
}

/** A process that keeps house; nobody has an address unless a test says so, and so nobody waits for mail. */
const keeper = ({ smtpPort, usesWrittenWithin = 20 }: Wanted = { smtpPort: 9 }) =>
  kept.another((database) => {
    const from = { name: 'Tokenwarden', address: 'tokenwarden@example.org' };
    const server = { host: '127.0.0.1', port: smtpPort, isTls: false, credentials: undefined };
    const settings = new Settings({
      ...{ instanceName: 'keeper', publicUrl: 'https://tokens.example.org', webhook: undefined },
      mail: smtpPort === undefined ? undefined : { server, from },
    } as Partial<SettingsValues> as SettingsValues);
    const logs = new Logs({ level: 'info', destination: { write: () => undefined } });
    const notifications = new Notifications(database, logs, settings);
    notifications.onApplicationBootstrap();
    running.push(notifications);
    return new IdleRevocationTask({ database, notifications, usesWrittenWithin });
  });

const run = async (wanted?: Wanted) => kept.run(await keeper(wanted));

beforeEach(async () => {
  await kept.sql('UPDATE users SET email = NULL');
  await kept.setPolicy('idleRevocation', { after: 'PT1H' });
  await usesWholeFor('10 hours');
});
afterEach(async () => {
  for (const notifications of running.splice(0)) await notifications.beforeApplicationShutdown();
});

const usesWholeFor = (interval: string) =>
  kept.sql('UPDATE use_tracking SET whole_since = clock_timestamp() - $1::interval', [interval]);

/** As if all marks had been made so much earlier. */
const ageMarks = (interval: string) =>
  kept.sql(
    `UPDATE token_warnings SET decided_at = decided_at - $1::interval, sent_at = sent_at - $1::interval WHERE kind = 'IDLE'`,
    [interval],
  );

const marked = async () =>
  (
    await kept.sql<{ id: string }>(`SELECT token_id AS id FROM token_warnings WHERE kind = 'IDLE' ORDER BY 1`)
  ).map(({ id }) => id);
const revoked = async () =>
  (
    await kept.sql<{ id: string }>('SELECT id FROM access_tokens WHERE revoked_at IS NOT NULL ORDER BY id')
  ).map(({ id }) => id);

describe('a token that nobody has used for so long', () => {
  it('is marked at one run, and revoked by SYSTEM at the first one a further `after` later', async () => {
    const id = await kept.token({ created: '3 hours' });
    expect(await run()).toMatchObject({
      state: 'SUCCEEDED',
      affected: 1,
      details: { marked: 1, revoked: 0, after: 'PT1H' },
    });
    expect(await kept.events('token.warned')).toMatchObject([
      { target_id: id, details: { kind: 'IDLE', after: 'PT1H' } },
    ]);
    await ageMarks('59 minutes');
    expect(await run()).toMatchObject({ affected: 0, details: { marked: 0, revoked: 0 } });
    expect(await revoked()).toEqual([]);
    await ageMarks('1 minute');
    expect(await run()).toMatchObject({ affected: 1, details: { revoked: 1, released: 0 } });
    expect(await revoked()).toEqual([id]);
    expect(await marked()).toEqual([]);
    expect(await kept.events('token.revoked')).toMatchObject([{ target_id: id, actor_name: 'Tokenwarden' }]);
    expect(await kept.events('token.warned')).toHaveLength(1);
    expect(await run()).toMatchObject({ affected: 0 });
  });

  it.each([
    ['never, and was made longer ago', { created: '61 minutes' }, true],
    ['never, and was made within that time', { created: '59 minutes' }, false],
    ['last before that time', { created: '5 hours', used: '61 minutes' }, true],
    ['within that time', { created: '5 hours', used: '59 minutes' }, false],
    ['never, and is suspended', { created: '5 hours', suspended: '4 hours' }, true],
    ['never, and has expired', { created: '5 hours', ends: '1 minute' }, false],
    ['never, and is revoked', { created: '5 hours', revoked: '1 minute' }, false],
  ] as const)('%s, is marked or not', async (_, token, isMarked) => {
    const id = await kept.token(token);
    await run();
    expect(await marked()).toEqual(isMarked ? [id] : []);
  });

  it('and is suspended is revoked, too', async () => {
    const id = await kept.token({ created: '5 hours', suspended: '4 hours' });
    await run();
    await ageMarks('61 minutes');
    await run();
    expect(await revoked()).toEqual([id]);
  });

  it('is revoked after a minute and a minute, where the policy says so', async () => {
    await kept.setPolicy('idleRevocation', { after: 'PT1M' });
    const id = await kept.token({ created: '61 seconds' });
    await run();
    await ageMarks('61 seconds');
    await run();
    expect(await revoked()).toEqual([id]);
  });
});

describe('a use in between', () => {
  it('wins: the mark goes, and what is not used again later is marked anew', async () => {
    const id = await kept.token({ created: '5 hours' });
    await run();
    await ageMarks('2 hours');
    await kept.use([id], '90 minutes');
    expect(await run()).toMatchObject({ details: { revoked: 0, released: 1, marked: 1 } });
    expect(await revoked()).toEqual([]);
    expect(await kept.events('token.warned')).toHaveLength(2);
    await kept.use([id]);
    expect(await run()).toMatchObject({ details: { revoked: 0, released: 1, marked: 0 } });
    expect(await marked()).toEqual([]);
  });

  it('wins also where another process still has it in memory when the run begins', async () => {
    const [used = '', unused = ''] = await kept.tokens(2, { created: '5 hours' });
    await run();
    await ageMarks('2 hours');
    const lastUsedAt = new Date();
    const instance = await keeper({ smtpPort: 9, usesWrittenWithin: 1_500 });
    let [began, firstWrite] = [0, 0];
    const { ended } = await instance.runs.begin('IDLE_REVOCATION', BY_HAND, (context) => {
      began = performance.now();
      const write: typeof context.write = (work) => {
        firstWrite ||= performance.now();
        return context.write(work);
      };
      return instance.task.run({ ...context, write });
    });
    await until(() => began > 0);
    await kept.server.database.transaction((tx) =>
      recordUses(tx, [{ tokenId: used, lastUsedAt, days: new Map([['2026-11-24', 1]]) }]),
    );
    expect(await ended).toMatchObject({ details: { revoked: 1 } });
    expect(firstWrite - began).toBeGreaterThan(1_490); // timers may be a moment early
    expect(await revoked()).toEqual([unused]);
  });
});

describe('uses that are not known', () => {
  it.each([
    ['not been recorded for so long', '59 minutes'],
    ['begun to be recorded anew just now', '0 s'],
  ])('keep everything as it is while they have %s, and the run says from when on', async (_, since) => {
    await kept.token({ created: '5 hours' });
    await run();
    await ageMarks('2 hours');
    const before = await marked();
    await kept.token({ created: '5 hours' });
    await usesWholeFor(since);
    expect(await run()).toMatchObject({
      ...{ state: 'SUCCEEDED', examined: 0, affected: 0 },
      details: { after: 'PT1H', nothingBefore: expect.stringMatching(/Z$/) },
    });
    expect(await revoked()).toEqual([]);
    expect(await marked()).toEqual(before);
  });

  it('that were lost after a mark take the mark away: one may have been of its token', async () => {
    await kept.token({ created: '9 hours' });
    await run();
    await ageMarks('3 hours');
    await usesWholeFor('2 hours');
    expect(await run()).toMatchObject({ details: { revoked: 0, released: 1, marked: 1 } });
    await kept.server.database.transaction(restartUseTracking);
    await ageMarks('2 hours');
    expect(await run()).toMatchObject({ affected: 0 });
    expect(await revoked()).toEqual([]);
  });
});

describe('an `after` that changes between mark and revocation', () => {
  it.each([
    ['longer: all of the longer one passes first', 'PT2H', '119 minutes', '1 minute'],
    ['shorter: nothing comes sooner than was told', 'PT1M', '59 minutes', '1 minute'],
  ])('is %s', async (_, after, first, then) => {
    const id = await kept.token({ created: '9 hours' });
    await run();
    await kept.setPolicy('idleRevocation', { after });
    await ageMarks(first);
    await run();
    expect(await revoked()).toEqual([]);
    await ageMarks(then);
    await run();
    expect(await revoked()).toEqual([id]);
  });
});

describe('whoever is to be told', () => {
  it('gets one mail of all their idle tokens, and nothing is revoked before they were told', async () => {
    await kept.sql(`UPDATE users SET email = 'grace@example.org'`);
    await kept.tokens(3, { created: '5 hours' });
    const smtp = await startSmtp();
    const silent = await run({});
    expect(silent).toMatchObject({ state: 'FAILED', affected: 0 });
    expect(silent.error).toContain('SMTP_URL');
    expect(await marked()).toEqual([]);
    expect(await run({ smtpPort: smtp.port })).toMatchObject({
      state: 'SUCCEEDED',
      details: { marked: 3, messages: 1, told: 1 },
    });
    expect(smtp.accepted().map(({ to }) => to)).toEqual(['grace@example.org']);
    await kept.sql(`UPDATE token_warnings SET sent_at = NULL`);
    await ageMarks('2 hours');
    await run({ smtpPort: smtp.port });
    expect(await revoked()).toEqual([]);
    await kept.sql(`UPDATE token_warnings SET sent_at = decided_at`);
    expect(await run({ smtpPort: smtp.port })).toMatchObject({ details: { revoked: 3 } });
    await smtp.stop();
  });

  it('and was told late has half of `after` from then, for the mail server was away', async () => {
    await kept.sql(`UPDATE users SET email = 'grace@example.org'`);
    const id = await kept.token({ created: '5 hours' });
    expect(await run()).toMatchObject({ state: 'FAILED', affected: 1 });
    await ageMarks('2 hours');
    const smtp = await startSmtp();
    expect(await run({ smtpPort: smtp.port })).toMatchObject({ details: { revoked: 0, told: 1 } });
    expect(await run({ smtpPort: smtp.port })).toMatchObject({ details: { revoked: 0 } });
    await ageMarks('30 minutes');
    expect(await run({ smtpPort: smtp.port })).toMatchObject({ details: { revoked: 1 } });
    expect(await revoked()).toEqual([id]);
    await smtp.stop();
  });

  it('where there is no way to tell anybody any more, revokes what was told and marks nothing', async () => {
    const id = await kept.token({ created: '5 hours' });
    await run();
    await ageMarks('2 hours');
    await kept.token({ created: '5 hours' });
    expect(await run({})).toMatchObject({ state: 'FAILED', affected: 1, details: { revoked: 1, marked: 0 } });
    expect(await revoked()).toEqual([id]);
    expect(await marked()).toEqual([]);
  });
});

describe('a run of IDLE_REVOCATION', () => {
  it('that is dry says what it would mark and revoke, and does neither', async () => {
    await kept.tokens(2, { created: '5 hours' });
    await run();
    await ageMarks('2 hours');
    await kept.tokens(3, { created: '5 hours' });
    const dry = await kept.run(await keeper(), { dryRun: true });
    expect(dry).toMatchObject({ state: 'SUCCEEDED', affected: 5, details: { revoked: 2, marked: 3 } });
    expect(await revoked()).toEqual([]);
    expect(await marked()).toHaveLength(2);
  });

  it('that lost its place is gone on with by the next, and each token has one event', async () => {
    const ids = await kept.tokens(500, { created: '5 hours' });
    await run();
    await ageMarks('2 hours');
    const [frozen, other] = [await keeper(), await keeper()];
    const gate = new Gate();
    let batches = 0;
    const begun = await frozen.runs.begin('IDLE_REVOCATION', BY_HAND, (context) =>
      frozen.task.run({
        ...context,
        write: async (work) => {
          if ((batches += 1) === 2) await gate.pass();
          return context.write(work);
        },
      }),
    );
    await gate.reached;
    await kept.letLeasesExpire();
    expect(await kept.run(other)).toMatchObject({ state: 'SUCCEEDED', details: { revoked: 300 } });
    gate.open();
    await begun.ended;
    expect((await kept.events('token.revoked')).map(({ target_id }) => target_id).sort()).toEqual(ids);
  });

  it('is off unless the policy says otherwise', async () => {
    const { task } = await keeper();
    const [first] = await kept.sql<{ document: Parameters<typeof task.timing>[0] }>(
      'SELECT document FROM policy_versions WHERE version = 1',
    );
    expect(first && task.timing(first.document)).toEqual({ schedule: '0 4 * * *', isEnabled: false });
  });
});
