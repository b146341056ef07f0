import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  startSmtp,
  startWebhookReceiver,
  until,
  type RunningSmtp,
  type WebhookReceiver,
} from '../../../../test/harness/index.js';
import { warningWorldForSpecs, type WarningInstance } from '../../test/warning-world.js';

const world = warningWorldForSpecs();
let smtp: RunningSmtp;
let receiver: WebhookReceiver;
let one: WarningInstance;

beforeEach(async () => {
  smtp = await startSmtp();
  receiver = await startWebhookReceiver();
  const server = { host: '127.0.0.1', port: smtp.port };
  one = await world.another({ smtp: server, webhookUrl: receiver.url });
});
afterEach(async () => {
  await smtp.stop();
  await receiver.stop();
});

interface Event {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly threshold: string; readonly tokens: { readonly name: string }[] };
}

const events = () => receiver.received.map(({ body }) => JSON.parse(body) as Event);

/** What the webhook was told, as `threshold: names`, sorted. */
const toldTo = () =>
  events()
    .map(({ data }) => `${data.threshold}: ${data.tokens.map(({ name }) => name).join(' ')}`)
    .sort();

/** A warning of this threshold for each token, which a killed run has decided for the webhook. */
async function leftBehind(seconds: number): Promise<void> {
  await world.sql(
    `WITH warned AS (INSERT INTO token_warnings (token_id, kind, ends_at, threshold_seconds, decided_at, recipients)
       SELECT id, 'EXPIRY', ends_at, $1, clock_timestamp(), 0 FROM access_tokens RETURNING id)
     INSERT INTO token_warning_recipients (warning_id, channel) SELECT id, 'WEBHOOK' FROM warned`,
    [seconds],
  );
}

describe('a webhook', () => {
  it('alone is told of all tokens by threshold, and nobody gets mail', async () => {
    await world.setWarnings({ channels: ['WEBHOOK'] });
    const grace = await world.user('grace', { email: null });
    await world.token({ ends: '2 days', userId: grace, name: 'c' });
    await world.token({ ends: '2 hours', userId: grace, name: 'b' });
    const etl = await world.account('nightly-etl', []);
    await world.token({ ends: '1 hour', accountId: etl, name: 'a', used: '1 day' });
    expect(await one.run()).toMatchObject({
      state: 'SUCCEEDED',
      details: { warned: 3, messages: 2, told: 2, webhook: 'on', withoutEmail: [] },
    });
    expect(toldTo()).toEqual(['P1D: a b', 'P7D: c']);
    expect(events().map(({ type }) => type)).toEqual(Array(2).fill('tokenwarden.token.expiring'));
    expect(events().find(({ data }) => data.threshold === 'P1D')?.data.tokens[0]).toEqual({
      id: expect.any(String),
      ...{ name: 'a', kind: 'SERVICE_ACCOUNT', endsAt: expect.any(String), lastUsedAt: expect.any(String) },
      owner: { kind: 'SERVICE_ACCOUNT', id: etl, name: 'nightly-etl' },
    });
    expect(smtp.named).toEqual([]);
    const warned = { recipients: 0, isSent: true };
    expect(await world.warnings()).toMatchObject([warned, warned, warned]);
  });

  it('is told beside the mails', async () => {
    await world.setWarnings({ channels: ['EMAIL', 'WEBHOOK'] });
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    expect(await one.run()).toMatchObject({ state: 'SUCCEEDED', details: { messages: 2, told: 2 } });
    expect(smtp.accepted().map(({ to }) => to)).toEqual(['grace@example.org']);
    expect(toldTo()).toEqual(['P1D: laptop']);
    expect(await world.warnings()).toMatchObject([{ recipients: 1, isSent: true }]);
  });

  it('that does not take it stays due, under the same id, and keeps a warning from being sent', async () => {
    await world.setWarnings({ channels: ['EMAIL', 'WEBHOOK'] });
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    receiver.answer = () => 503;
    expect(await one.run()).toMatchObject({ state: 'SUCCEEDED', details: { told: 1, waiting: 1 } });
    expect(await world.warnings()).toMatchObject([{ isSent: false }]);
    receiver.answer = () => 204;
    expect(await one.run()).toMatchObject({ state: 'SUCCEEDED', details: { told: 1, waiting: 0 } });
    expect(new Set(events().map(({ id }) => id)).size).toBe(1);
    expect(await world.warnings()).toMatchObject([{ isSent: true }]);
    expect(smtp.accepted()).toHaveLength(1);
  });

  it('alone that does not take it makes the run FAILED', async () => {
    await world.setWarnings({ channels: ['WEBHOOK'] });
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    receiver.answer = () => 503;
    expect(await one.run()).toMatchObject({
      state: 'FAILED',
      error: expect.stringMatching(/^Nobody could be told\. .*503/),
    });
  });

  it('is told of five hundred tokens by one event, and of more by another one', async () => {
    await world.setWarnings({ channels: ['WEBHOOK'] });
    const grace = await world.user('grace');
    await world.token({ ends: '1 hour', userId: grace });
    await world.sql(
      `INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by,
         expires_at, ends_at)
       SELECT gen_random_uuid(), kind, user_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by, expires_at, ends_at
       FROM access_tokens, generate_series(1, 500)`,
    );
    expect(await one.run()).toMatchObject({ details: { warned: 501, messages: 2, told: 2 } });
    expect(
      events()
        .map(({ data }) => data.tokens.length)
        .sort(),
    ).toEqual([1, 500]);
  });

  it('is told of a token once, where a killed run has left a less urgent warning', async () => {
    await world.setWarnings({ channels: ['WEBHOOK'] });
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    await leftBehind(7 * 86_400);
    expect(await one.run()).toMatchObject({ state: 'SUCCEEDED', details: { messages: 1, told: 1 } });
    expect(await one.run()).toMatchObject({ state: 'SUCCEEDED', details: { messages: 0 } });
    expect(toldTo()).toEqual(['P1D: laptop']);
    expect(await world.warnings()).toMatchObject([{ isSent: true }, { isSent: true }]);
  });

  it('that is not there any more is told nothing of what was decided while it was', async () => {
    await world.setWarnings({ channels: ['EMAIL', 'WEBHOOK'] });
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    await leftBehind(86_400);
    const without = await world.another({ smtp: { host: '127.0.0.1', port: smtp.port } });
    expect(await without.run()).toMatchObject({
      state: 'SUCCEEDED',
      details: { webhook: 'off', messages: 0 },
    });
    expect(await world.warnings()).toMatchObject([{ recipients: 0, isSent: true }]);
    await until(() => receiver.received.length === 0);
  });
});
