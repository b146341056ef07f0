import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import {
  emptyDatabase,
  graphql,
  signIn,
  startProduct,
  startSmtp,
  type ArrivedMail,
  type Credentials,
  type RunningProduct,
  type RunningSmtp,
  type SignedIn,
  type TestDatabase,
} from '../harness/index.js';
import { group, person, writeDirectory } from './directory-file.js';
import { endOf, type ShownRun } from './directory-runs.js';
import { changeNow } from './policy-calls.js';
import { askForAccountToken, issuedIn, userToken, type Issued } from './token-calls.js';
import { until } from './waiting.js';

// A token of seven days passes it a second after it was made.
const THRESHOLD = 'P6DT23H59M59S';

let database: TestDatabase;
let looking: pg.Client;
let smtp: RunningSmtp;
let one: RunningProduct;
let other: RunningProduct;
let root: SignedIn;
let gwen: SignedIn;
let hugo: SignedIn;

beforeAll(async () => {
  database = await emptyDatabase();
  looking = new pg.Client({ connectionString: database.url });
  await looking.connect();
  smtp = await startSmtp();
  const env = {
    MASTER_KEY: randomBytes(32).toString('base64'),
    DIRECTORY_FILE: writeDirectory({
      users: [person('root'), person('gwen'), person('hugo'), person('mute', { email: null })],
      groups: [group('wardens', ['root']), group('people', ['gwen', 'hugo', 'mute'])],
    }),
    ...{ ADMIN_GROUPS: 'wardens', PUBLIC_URL: 'http://127.0.0.1:4000', DATABASE_URL: database.url },
    ...{ SMTP_URL: smtp.url, MAIL_FROM: 'Token desk <tokens@example.org>' },
  };
  one = await startProduct({ env: { ...env, INSTANCE_NAME: 'one' } });
  other = await startProduct({ env: { ...env, INSTANCE_NAME: 'other' } });
  [root, gwen, hugo] = (await Promise.all(
    ['root', 'gwen', 'hugo'].map((name) => signIn(other.url, name, `${name}-secret`)),
  )) as [SignedIn, SignedIn, SignedIn];
  await changeNow(other.url, root, { expiryWarnings: { thresholds: [THRESHOLD], schedule: '0 0 1 1 *' } });
}, 120_000);

afterAll(async () => {
  await Promise.all([one?.kill(), other?.kill()]);
  await smtp?.stop();
  await looking?.end();
  await database?.close();
});

const begin = async (at: RunningProduct, dryRun = false): Promise<string> =>
  (
    await graphql<{ runHousekeeping: { run: ShownRun } }>(
      at.url,
      root,
      'mutation ($input: RunHousekeepingInput!) { runHousekeeping(input: $input) { run { id } } }',
      { input: { task: 'EXPIRY_WARNINGS', dryRun } },
    )
  ).data.runHousekeeping.run.id;

/** A run by hand, at the other instance, to its end. */
const run = async (dryRun = false): Promise<ShownRun> => endOf(other.url, root, await begin(other, dryRun));

/** Waits until so many tokens are due. */
const untilDue = (count: number) => until(async () => (await run(true)).affected === count, { seconds: 20 });

const newToken = (caller: Credentials, name: string): Promise<Issued> =>
  userToken(other.url, caller, { name, lifetime: 'P7D' });

/** The accepted mails that list a token of this name, by recipient. */
const mailsOf = (name: string): ArrivedMail[] =>
  smtp
    .accepted()
    .filter(({ parsed }) => parsed.text?.includes(name))
    .sort((a, b) => (a.to < b.to ? -1 : 1));

const warningsOf = async (id: string) =>
  (
    await graphql<{ token: { warnings: unknown[] } }>(
      other.url,
      root,
      'query ($id: ID!) { token(id: $id) { warnings { threshold recipients sentAt } } }',
      { id },
    )
  ).data.token.warnings;

describe('people whose tokens end', () => {
  it('are told in one mail each, which a person reads and no value is in, and once', async () => {
    const tokens = [await newToken(gwen, 'gwens-laptop'), await newToken(gwen, 'gwens-phone')];
    const serviceAccountId = await newAccount();
    const account = issuedIn(
      await askForAccountToken(other.url, hugo, { serviceAccountId, name: 'nightly', lifetime: 'P7D' }),
    );
    await untilDue(3);
    expect(smtp.arrived).toEqual([]);
    expect(await run()).toMatchObject({
      ...{ state: 'SUCCEEDED', affected: 3, error: null },
      details: { warned: 3, messages: 2, told: 2, failedRecipients: [], withoutEmail: ['mute'] },
    });
    const [toGwen, toHugo] = smtp.accepted().sort((a, b) => (a.to < b.to ? -1 : 1));
    expect([toGwen?.to, toHugo?.to]).toEqual(['gwen@example.org', 'hugo@example.org']);
    expect(toGwen?.parsed.from?.text).toBe('"Token desk" <tokens@example.org>');
    expect(toGwen?.parsed.subject).toMatch(/3/);
    for (const part of [toGwen?.parsed.text, toGwen?.parsed.html]) {
      expect(part).toMatch(/gwens-laptop[^]*gwens-phone|gwens-phone[^]*gwens-laptop/);
      expect(part).toContain('nightly');
      expect(part).toContain(tokens[0]?.expiresAt.slice(0, 19));
      expect(part).toContain('never used');
      expect(part).toContain('http://127.0.0.1:4000');
    }
    expect(toHugo?.parsed.text).toContain('nightly');
    expect(toHugo?.parsed.text).not.toContain('gwens-laptop');
    for (const { value } of [...tokens, account])
      for (const { raw } of smtp.arrived)
        expect(raw.replace(/=?\r\n/g, '')).not.toContain(value.slice(0, 90));
    expect(await warningsOf(tokens[0]?.id ?? '')).toEqual([
      { threshold: THRESHOLD, recipients: 1, sentAt: expect.any(String) },
    ]);
    expect(await warningsOf(account.id)).toMatchObject([{ recipients: 2, sentAt: expect.any(String) }]);
    expect(await run()).toMatchObject({ state: 'SUCCEEDED', affected: 0 });
    expect(smtp.accepted()).toHaveLength(2);
  });

  it('are told by the next run, where the server was not ready for them', async () => {
    const { id } = await newToken(hugo, 'grey');
    await untilDue(1);
    smtp.script = { toRecipient: (_, time) => (time <= 3 ? '450 Come back later' : undefined) };
    const first = await run();
    smtp.script = {};
    expect(first).toMatchObject({
      ...{ state: 'FAILED', affected: 1, error: expect.stringContaining('450') },
      details: { waiting: 1 },
    });
    expect(await warningsOf(id)).toMatchObject([{ sentAt: null }]);
    expect(await run()).toMatchObject({ state: 'SUCCEEDED', affected: 0, details: { told: 1 } });
    expect(mailsOf('grey')).toHaveLength(1);
    expect(await warningsOf(id)).toMatchObject([{ sentAt: expect.any(String) }]);
  });
});

/** As if a minute without a sign of the instance that has begun this run had passed. */
async function letMinutePass(runId: string): Promise<void> {
  const past = `clock_timestamp() - interval '1 second'`;
  await looking.query(
    `UPDATE housekeeping_runs SET lease_until = ${past} WHERE id = $1 AND state = 'RUNNING'`,
    [runId],
  );
  await looking.query(
    `UPDATE outbox_messages SET claimed_until = ${past}, next_attempt_at = ${past} WHERE claimed_by LIKE 'one%'`,
  );
}

describe.each(['SIGSTOP', 'SIGKILL'] as const)('an instance that gets a %s while it sends', (signal) => {
  it('is replaced, and everybody is told once', async () => {
    const name = `of-${signal.toLowerCase()}`;
    for (const caller of [root, gwen, hugo]) await newToken(caller, name);
    await untilDue(3);
    smtp.script = { hangs: 'ANSWER' };
    const id = await begin(one);
    const { arrived: before, port } = smtp;
    await until(() => before.some(({ parsed }) => parsed.text?.includes(name)), { seconds: 20 });
    process.kill(one.pid, signal);
    // Whoever waits for an answer gets none: it may have been taken, or not, and it was not.
    await smtp.stop();
    smtp = await startSmtp({ port });
    await letMinutePass(id);
    const all = ['gwen@example.org', 'hugo@example.org', 'root@example.org'];
    await until(() => mailsOf(name).length >= all.length, { seconds: 90 });
    if (signal === 'SIGSTOP') process.kill(one.pid, 'SIGCONT');
    expect((await endOf(other.url, root, id)).state).toBe('FAILED');
    expect(await run()).toMatchObject({ state: 'SUCCEEDED', affected: 0 });
    expect(mailsOf(name).map(({ to }) => to)).toEqual(all);
    const ids = [...before, ...smtp.arrived]
      .filter(({ parsed }) => parsed.text?.includes(name))
      .map(({ parsed }) => parsed.messageId);
    expect(new Set(ids).size).toBe(all.length);
  }, 150_000);
});

/** The account of gwen, hugo and mute. */
async function newAccount(): Promise<string> {
  const groups = await graphql<{ groups: { nodes: { id: string; name: string }[] } }>(
    other.url,
    root,
    '{ groups(first: 10) { nodes { id name } } }',
  );
  const people = groups.data.groups.nodes.find(({ name }) => name === 'people');
  const made = await graphql<{ createServiceAccount: { serviceAccount: { id: string } } }>(
    other.url,
    root,
    'mutation ($input: CreateServiceAccountInput!) { createServiceAccount(input: $input) { serviceAccount { id } } }',
    { input: { name: 'etl', groupIds: [people?.id] } },
  );
  return made.data.createServiceAccount.serviceAccount.id;
}
