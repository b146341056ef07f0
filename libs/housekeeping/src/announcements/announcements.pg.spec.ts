import { describe, expect, it } from '@jest/globals';
import { recordAll, type NewAuditEvent } from '@tokenwarden/audit';
import { rows } from '@tokenwarden/database';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { databaseForSpecs, until } from '../../../../test/harness/index.js';
import { announcingForSpecs } from '../../test/announcing.js';
import { ADA } from '../../test/running-housekeeping.js';

const idOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

const fresh = databaseForSpecs();
const announcing = announcingForSpecs(fresh);
const { lines } = announcing;
const instance = (hasWebhook = true) => announcing.instance(hasWebhook);
const sql = <T = unknown>(statement: string) => announcing.sql<T>(statement);
const told = () => announcing.told();
const allFed = () => announcing.allFed();

const created = (number: number): NewAuditEvent => ({
  action: 'token.created',
  by: ADA,
  target: { type: 'token', id: idOf(number), name: `token-${number}` },
});
const happens = (...events: NewAuditEvent[]) => fresh.database.transaction((tx) => recordAll(tx, events));

const wordsOf = (...numbers: number[]) =>
  numbers.map((number) => `tokenwarden.token.created ${idOf(number)}`);

describe('what happens while there is a webhook', () => {
  it('is told in the order of the trail, under the id of its event, with what the trail says', async () => {
    await instance();
    await happens(created(1), created(2));
    await happens({ ...created(3), details: { profile: 'interactive' } });
    await allFed();
    expect(await told()).toEqual(wordsOf(1, 2, 3));
    const events = await sql('SELECT id FROM audit_events ORDER BY sequence DESC LIMIT 1');
    expect(
      await sql(`SELECT id, purpose, content FROM outbox_messages ORDER BY created_at DESC LIMIT 1`),
    ).toEqual([
      {
        ...(events[0] as object),
        purpose: 'event',
        content: {
          type: 'tokenwarden.token.created',
          subject: idOf(3),
          time: expect.stringMatching(/^\d{4}-.*Z$/),
          data: {
            ...{ action: 'token.created', outcome: 'SUCCEEDED', sequence: expect.stringMatching(/^\d+$/) },
            actor: ADA.actor,
            target: { type: 'token', id: idOf(3), name: 'token-3' },
            details: { profile: 'interactive' },
          },
        },
      },
    ]);
  });
  it('is told once for many tokens that are revoked together, and not at all where it was refused', async () => {
    await instance();
    const details = { count: 3, revocationId: idOf(99) };
    const revoked = { ...created(1), action: 'token.revoked' as const };
    await happens(
      { action: 'tokens.bulk-revoked', by: ADA, details },
      ...[1, 2, 3].map((number) => ({ ...revoked, target: created(number).target!, details })),
      { ...created(4), outcome: 'REFUSED' },
      { ...created(5), action: 'token.updated' },
      { ...revoked, target: created(6).target! },
      {
        action: 'service-account.orphaned',
        by: SYSTEM,
        target: { type: 'service_account', id: idOf(7), name: 'etl' },
      },
    );
    await allFed();
    expect(await told()).toEqual([
      'tokenwarden.tokens.bulk-revoked',
      `tokenwarden.token.revoked ${idOf(6)}`,
      `tokenwarden.service-account.orphaned ${idOf(7)}`,
    ]);
  });
  it('reaches the receiver', async () => {
    announcing.receiver.answer = () => 204;
    await instance();
    await happens(created(1));
    await until(() => announcing.receiver.received.length === 1);
    expect(JSON.parse(announcing.receiver.received[0]?.body ?? '')).toMatchObject({
      source: 'https://tokens.example',
      subject: idOf(1),
    });
  });
});

describe('what happens while there is none', () => {
  it('is not told, and not later either: it begins at the head of the trail, events that wait for their place included', async () => {
    const off = await instance(false);
    await happens(created(1));
    await until(async () => (await sql('SELECT FROM audit_pending_events')).length === 0);
    await off.close();
    await happens(created(2)); // nobody gives it its place
    await instance();
    await happens(created(3));
    await allFed();
    expect(await told()).toEqual(wordsOf(3));
  });
  it('is not told after a start without it, by which it is turned off', async () => {
    const on = await instance();
    await happens(created(1));
    await allFed();
    await on.close();
    const off = await instance(false);
    await happens(created(2));
    await off.close();
    expect(lines.join()).toContain('There is no webhook any more');
    await instance();
    await happens(created(3));
    await allFed();
    expect(await told()).toEqual(wordsOf(1, 3));
  });
  it('is told where the product was only restarted', async () => {
    const on = await instance();
    await on.close();
    await happens(created(1)); // by a command, as tokens:revoke
    await instance();
    await allFed();
    expect(await told()).toEqual(wordsOf(1));
  });
  it('is said where one instance has a webhook and a later one has not, and nobody turns it on but a start', async () => {
    await instance();
    await instance(false);
    await until(() => lines.some((line) => line.includes('An instance without WEBHOOK_URL was started')));
    await happens(created(1));
    await until(async () => (await sql('SELECT FROM audit_pending_events')).length === 0);
    await instance();
    await happens(created(2));
    await allFed();
    expect(await told()).toEqual(wordsOf(2));
    await until(() => lines.some((line) => line.includes('The webhook is told again what happens.')));
  });
});

describe('several instances', () => {
  const numbers = Array.from({ length: 1_700 }, (_, i) => i + 1);

  it('tell each event once and in order, although all of them follow the trail', async () => {
    for (let i = 0; i < 3; i++) await instance();
    for (let i = 0; i < numbers.length; i += 170) await happens(...numbers.slice(i, i + 170).map(created));
    await allFed();
    expect(await told()).toEqual(wordsOf(...numbers));
    expect(lines.filter((line) => line.includes('is told nothing new'))).toEqual([]);
  });
  it('tell each event once when one of them dies between enqueueing and its commit', async () => {
    for (let i = 0; i < 3; i++) await instance();
    const [died] = await fresh.database.transaction(async (tx) => {
      await rows(tx, 'LOCK TABLE outbox_messages IN SHARE MODE'); // whoever enqueues stops here, in the middle
      await happens(...numbers.slice(0, 20).map(created));
      await until(async () => (await stopped()).length > 0);
      return rows<{ done: boolean }>(
        tx,
        `SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity WHERE ${STOPPED}`,
      );
    });
    expect(died).toEqual({ done: true });
    await allFed();
    expect(await told()).toEqual(wordsOf(...numbers.slice(0, 20)));
  });

  const STOPPED = `wait_event_type = 'Lock' AND query LIKE 'INSERT INTO outbox_messages%' AND datname = current_database()`;
  const stopped = () => sql(`SELECT pid FROM pg_stat_activity WHERE ${STOPPED}`);
});
