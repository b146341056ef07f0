import { rows, type Transaction } from '@tokenwarden/database';
import { CHANNELS, type Channel, type Purpose } from './outgoing.js';

/** So many of those who were not told are named. */
const MOST_NAMED = 100;
/** One statement hurries so many. */
const MOST_HURRIED = 5_000;

/** Whom a message was for that was given up, and what the last reply was. */
export interface GivenUp {
  /** Null: the webhook. */
  readonly recipientId: string | null;
  readonly recipientName: string | null;
  /** Null: the webhook. Empty: the directory had an address that is none. */
  readonly email: string | null;
  /** Of the server, or what became of the attempt; no secret in it. */
  readonly reply: string;
}

/** What came of the attempts since a moment. */
export interface Attempts {
  readonly sent: number;
  /** Tried, and to be tried again. */
  readonly waiting: number;
  /** The first hundred. */
  readonly givenUp: readonly GivenUp[];
  readonly givenUpCount: number;
  /** The newest reply that was no success; null where there was none. */
  readonly lastReply: string | null;
}

/** A message that ended: it was sent, or will never be. */
export interface EndedMessage {
  readonly id: string;
  readonly state: 'SENT' | 'GIVEN_UP';
  readonly endedAt: Date;
}

/**
 * Makes due now what waits of this purpose and was not tried since that moment, whatever its back-off says, some thousands at a
 * time. Whoever has one in hand is trying it, and is not waited for.
 * @param since By the database's clock (`databaseNow`): `untriedSince` and `attemptsSince` count from it
 * @returns Whether there may be more
 */
export async function hurry(tx: Transaction, purpose: Purpose, since: Date): Promise<boolean> {
  const hurried = await rows(
    tx,
    `WITH few AS MATERIALIZED (
       SELECT id FROM outbox_messages
       WHERE channel = ANY ($4::text[]) AND state = 'WAITING' AND next_attempt_at > statement_timestamp() AND purpose = $1
         AND claimed_by IS NULL AND (last_attempt_at IS NULL OR last_attempt_at < $2)
       LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE outbox_messages AS message SET next_attempt_at = statement_timestamp() FROM few WHERE message.id = few.id RETURNING 1`,
    [purpose, since, MOST_HURRIED, CHANNELS],
  );
  return hurried.length === MOST_HURRIED;
}

/** How many of this purpose wait on these channels and were not tried since; whoever is being tried right now counts too. */
export async function untriedSince(
  tx: Transaction,
  purpose: Purpose,
  since: Date,
  channels: readonly Channel[] = CHANNELS,
): Promise<number> {
  const [row] = await rows<{ count: number }>(
    tx,
    `SELECT count(*)::int AS count FROM outbox_messages
     WHERE channel = ANY ($3::text[]) AND state = 'WAITING' AND purpose = $1 AND (last_attempt_at IS NULL OR last_attempt_at < $2)`,
    [purpose, since, channels],
  );
  return row?.count ?? 0;
}

/** What came of the attempts of this purpose since that moment. */
export async function attemptsSince(tx: Transaction, purpose: Purpose, since: Date): Promise<Attempts> {
  const [counted] = await rows<Omit<Attempts, 'givenUp'>>(tx, COUNTED, [purpose, since]);
  const givenUp = await rows<GivenUp>(tx, NAMED, [purpose, since, MOST_NAMED]);
  return { ...(counted ?? { sent: 0, waiting: 0, givenUpCount: 0, lastReply: null }), givenUp };
}

const COUNTED = `
SELECT (SELECT count(*)::int FROM outbox_messages WHERE state = 'SENT' AND ended_at >= $2 AND purpose = $1) AS sent,
  (SELECT count(*)::int FROM outbox_messages WHERE state = 'WAITING' AND last_attempt_at >= $2 AND purpose = $1) AS waiting,
  (SELECT count(*)::int FROM outbox_messages WHERE state = 'GIVEN_UP' AND ended_at >= $2 AND purpose = $1) AS "givenUpCount",
  (SELECT last_error FROM outbox_messages WHERE purpose = $1 AND last_error IS NOT NULL
     AND (state = 'WAITING' AND last_attempt_at >= $2 OR state = 'GIVEN_UP' AND ended_at >= $2)
   ORDER BY coalesce(ended_at, last_attempt_at) DESC, id LIMIT 1) AS "lastReply"`;

const NAMED = `
SELECT recipient_id AS "recipientId", recipient_name AS "recipientName", recipient_email AS email,
  coalesce(last_error, '') AS reply
FROM outbox_messages WHERE state = 'GIVEN_UP' AND ended_at >= $2 AND purpose = $1 ORDER BY ended_at, id LIMIT $3`;

/**
 * Takes over warnings that have ended and that nobody has taken note of: whoever commits this transaction has. What another one
 * has in hand is left to it.
 */
export async function takeEndedWarnings(tx: Transaction, most: number): Promise<EndedMessage[]> {
  return rows<EndedMessage>(
    tx,
    `WITH few AS MATERIALIZED (
       SELECT id FROM outbox_messages WHERE purpose = 'token-warning' AND state <> 'WAITING' AND NOT is_acknowledged
       ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
     UPDATE outbox_messages AS message SET is_acknowledged = true FROM few WHERE message.id = few.id
     RETURNING message.id, message.state, message.ended_at AS "endedAt"`,
    [most],
  );
}
