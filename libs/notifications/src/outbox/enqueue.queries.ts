import { randomUUID } from 'node:crypto';
import { inBatches, rows, type Transaction } from '@tokenwarden/database';
import { isEmail } from '@tokenwarden/vocabulary';
import { headerText } from './header-text.rules.js';
import type { Outgoing } from './outgoing.js';

/** One statement takes so many: a digest may list a thousand tokens. */
const MOST_AT_ONCE = 100;

/** Why a mail was given up that no server has seen. */
export const NO_ADDRESS =
  'The recipient has no address that mail can be sent to: one e-mail address, nothing beside it.';

/**
 * Writes what is to be told into the outbox, in the transaction of the decision: it is sent behind the commit, or not at all.
 * Wake `Notifications` then. An address that is none is not kept, and its mail is given up at once. What waits for an administrator
 * who is told something else now is due with it, for it goes first.
 * @returns The ids, in the order of the messages
 */
export async function enqueue(tx: Transaction, messages: readonly Outgoing[]): Promise<string[]> {
  const written = messages.map(rowOf);
  for (const batch of inBatches(written, MOST_AT_ONCE)) {
    await rows(
      tx,
      `INSERT INTO outbox_messages (id, channel, purpose, recipient_id, recipient_name, recipient_email, content,
         state, last_error, ended_at)
       SELECT id, channel, purpose, recipient_id, recipient_name, recipient_email, content,
         CASE WHEN is_waiting THEN 'WAITING' ELSE 'GIVEN_UP' END, CASE WHEN NOT is_waiting THEN $2 END,
         CASE WHEN NOT is_waiting THEN clock_timestamp() END
       FROM jsonb_to_recordset($1::jsonb) AS message (id uuid, channel text, purpose text, recipient_id uuid,
         recipient_name text, recipient_email text, content jsonb, is_waiting boolean)`,
      [JSON.stringify(batch), NO_ADDRESS],
    );
  }
  await makeEarlierDue(tx, messages);
  return written.map(({ id }) => id);
}

// What somebody else has in hand is being tried, or made due, right now.
async function makeEarlierDue(tx: Transaction, messages: readonly Outgoing[]): Promise<void> {
  const administrators = messages.flatMap((message) =>
    message.purpose === 'administrators' ? [message.recipient.id] : [],
  );
  if (administrators.length === 0) return;
  await rows(
    tx,
    `WITH earlier AS MATERIALIZED (
       SELECT id FROM outbox_messages
       WHERE recipient_id = ANY ($1::uuid[]) AND state = 'WAITING' AND purpose = 'administrators' AND claimed_by IS NULL
         AND next_attempt_at > clock_timestamp()
       FOR UPDATE SKIP LOCKED)
     UPDATE outbox_messages AS message SET next_attempt_at = clock_timestamp() FROM earlier WHERE message.id = earlier.id`,
    [administrators],
  );
}

function rowOf(message: Outgoing) {
  const { channel, purpose, content } = message;
  if (channel === 'WEBHOOK') return { id: message.id, channel, purpose, content, is_waiting: true };
  const { id, name, email } = message.recipient;
  const isAddress = isEmail(email);
  return {
    id: randomUUID(),
    channel,
    purpose,
    recipient_id: id,
    recipient_name: headerText(name),
    recipient_email: isAddress ? email : '',
    content,
    is_waiting: isAddress,
  };
}
