import { describe, expect, it } from '@jest/globals';
import { databaseForSpecs } from '../../../test/harness/index.js';
import { rows } from './index.js';

const fresh = databaseForSpecs();
const sql = (text: string) => fresh.database.read((tx) => rows(tx, text));
/** A message that waits: these columns are as SQL says, the others as those of a mail with a warning. */
const message = (columns: Readonly<Record<string, string>>) => {
  const row = {
    ...{ id: 'gen_random_uuid()', channel: `'EMAIL'`, purpose: `'token-warning'`, content: `'{}'` },
    ...{ recipient_id: 'gen_random_uuid()', recipient_email: `'ada@example.org'` },
    ...columns,
  };
  return sql(
    `INSERT INTO outbox_messages (${Object.keys(row).join()}) VALUES (${Object.values(row).join()})`,
  );
};
const WEBHOOK = { channel: `'WEBHOOK'`, recipient_id: 'NULL', recipient_email: 'NULL' };
const cap = (version: number, maxima = '{"interactive": 60}') =>
  sql(`INSERT INTO bulk_caps (id, decided_at, author, policy_version, enforce_from, maxima, token_count)
    VALUES (gen_random_uuid(), now(), '{}', ${version}, date_trunc('second', now()), '${maxima}', 1)`);

describe('a message of the outbox', () => {
  it.each([
    ['a mail with a warning', {}],
    ['a mail for administrators', { purpose: `'administrators'` }],
    ['an event', { ...WEBHOOK, purpose: `'event'` }],
    ['a warning for the webhook', WEBHOOK],
    ['one that was handed over each time without an answer', { attempts: '2', unanswered: '2' }],
    ['one that ended and was taken note of', { state: `'SENT'`, ended_at: 'now()', is_acknowledged: 'true' }],
  ])('may be %s', async (_, columns) => expect(await message(columns)).toEqual([]));
  it.each([
    ['administrators by webhook', { ...WEBHOOK, purpose: `'administrators'` }],
    ['an event by mail', { purpose: `'event'` }],
    ['a mail to nobody we know', { recipient_id: 'NULL' }],
    ['an event for somebody', { ...WEBHOOK, recipient_id: 'gen_random_uuid()' }],
    ['more unanswered attempts than attempts', { attempts: '1', unanswered: '2' }],
    ['an end taken note of while it waits', { is_acknowledged: 'true' }],
  ])('is never %s', async (_, columns) =>
    expect(message(columns)).rejects.toThrow('check constraint "outbox_messages_'),
  );
});

describe('what a policy change has decided', () => {
  it('is one cap a version, with its maxima by profile', async () => {
    await sql(`INSERT INTO policy_versions (version, document, created_at, created_by)
      SELECT version, '{}', now(), '{}' FROM generate_series(101, 102) AS version`);
    expect(await cap(101)).toEqual([]);
    await expect(cap(101)).rejects.toThrow('bulk_caps_one_a_version');
    await expect(cap(102, '[60]')).rejects.toThrow('bulk_caps_maxima_are_by_profile');
    expect(await cap(102)).toEqual([]);
  });
});

describe('what housekeeping has written down', () => {
  it('of an account is the end of its grace for as long as it is orphaned', async () => {
    await sql(`INSERT INTO service_accounts (id, name, search_text, created_at, created_by, orphaned_at, grace_ended_at)
      VALUES (gen_random_uuid(), 'etl', 'etl', now(), '{}', now(), now())`);
    await expect(sql('UPDATE service_accounts SET orphaned_at = NULL')).rejects.toThrow(
      'grace_is_of_orphans',
    );
    expect(await sql('UPDATE service_accounts SET orphaned_at = NULL, grace_ended_at = NULL')).toEqual([]);
  });
  it('of the webhook is a place in the trail', async () =>
    expect(sql('UPDATE webhook_feed SET through_sequence = -1')).rejects.toThrow('is_within_the_trail'));
});
