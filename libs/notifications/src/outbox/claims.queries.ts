import { rows, type Transaction } from '@tokenwarden/database';
import type { Ending } from './delivery.rules.js';
import type { Channel, Purpose } from './outgoing.js';

/** For so long nobody else tries a message that somebody has claimed. */
export const CLAIM_SECONDS = 60;
/** One statement defers so many. */
const MOST_DEFERRED = 5_000;

/** One message that this process alone is trying. */
export interface Claimed {
  readonly id: string;
  readonly purpose: Purpose;
  /** Null: the webhook. */
  readonly recipientId: string | null;
  readonly recipientName: string | null;
  readonly recipientEmail: string | null;
  /** As it was enqueued. */
  readonly content: unknown;
  /** With this one; no two claims of a message have the same number. */
  readonly attempts: number;
  readonly unanswered: number;
  /** By the database's clock. */
  readonly ageSeconds: number;
}

/**
 * Claims the message of the channel that has been due for longest, one to administrators before all others, for a minute: whoever
 * has it after that has been killed, or is frozen, and another one tries it. To each administrator they go in the order in which
 * they were written: none is claimed while an earlier one waits.
 * @param mayTakeOver Whether one whose claim has run out may be taken from another process
 */
export async function claimNext(
  tx: Transaction,
  channel: Channel,
  claimant: string,
  mayTakeOver: boolean,
): Promise<Claimed | undefined> {
  const [claimed] = await rows<Claimed>(tx, CLAIM, [channel, claimant, mayTakeOver, CLAIM_SECONDS]);
  return claimed;
}

// By two indexes, of which the first leads through administrators' mail alone. One that is claimed is due when the claim has run
// out, so that they lead past those that others have in hand.
const dueFirst = (condition: string) => `(
  SELECT id FROM outbox_messages AS message
  WHERE channel = $1 AND state = 'WAITING' AND ${condition} AND next_attempt_at <= statement_timestamp()
    AND (claimed_by IS NULL OR $3 AND claimed_until <= statement_timestamp())
  ORDER BY next_attempt_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)`;

// One waits until the end of each earlier one to its recipient is committed, also while somebody has that in hand or locked: what is
// skipped here is the later one. OFFSET 0 keeps Postgres from making a join of it, over all that waits.
const FIRST_TO_ITS_ADMINISTRATOR = `purpose = 'administrators' AND NOT EXISTS (
    SELECT FROM outbox_messages AS earlier
    WHERE earlier.recipient_id = message.recipient_id AND earlier.state = 'WAITING' AND earlier.purpose = 'administrators'
      AND (earlier.created_at, earlier.id) < (message.created_at, message.id) OFFSET 0)`;

/** SQL of `claimNext`. */
export const CLAIM = `
UPDATE outbox_messages SET claimed_by = $2, claimed_until = clock_timestamp() + $4 * interval '1 second',
  next_attempt_at = clock_timestamp() + $4 * interval '1 second', attempts = attempts + 1
WHERE id = coalesce(${dueFirst(FIRST_TO_ITS_ADMINISTRATOR)}, ${dueFirst("purpose <> 'administrators'")})
RETURNING id, purpose, recipient_id AS "recipientId", recipient_name AS "recipientName", recipient_email AS "recipientEmail",
  content, attempts, unanswered, extract(epoch FROM clock_timestamp() - created_at)::float8 AS "ageSeconds"`;

/**
 * Writes what became of a claimed message. One that somebody else has claimed since, or that was ended already, stays as it is:
 * the number of the attempt tells.
 */
export async function endClaim(
  tx: Transaction,
  claimant: string,
  { id, attempts }: Pick<Claimed, 'id' | 'attempts'>,
  ending: Ending,
): Promise<void> {
  const mine = [id, claimant, attempts];
  if (ending.state !== 'WAITING') {
    const reply = ending.state === 'GIVEN_UP' ? ending.reply : null;
    return void (await rows(tx, END, [...mine, ending.state, reply]));
  }
  const { reply, inSeconds, isUnanswered } = ending;
  await rows(tx, DEFER_ONE, [...mine, reply, inSeconds, isUnanswered]);
}

const MINE = `id = $1 AND claimed_by = $2 AND attempts = $3`;

const END = `
UPDATE outbox_messages SET state = $4, ended_at = clock_timestamp(), last_attempt_at = clock_timestamp(),
  last_error = coalesce($5, last_error), claimed_by = NULL, claimed_until = NULL
WHERE ${MINE}`;

const DEFER_ONE = `
UPDATE outbox_messages SET claimed_by = NULL, claimed_until = NULL, next_attempt_at = clock_timestamp() + $5 * interval '1 second',
  last_attempt_at = CASE WHEN $4::text IS NULL THEN last_attempt_at ELSE clock_timestamp() END,
  last_error = coalesce($4, last_error), unanswered = unanswered + $6::boolean::int
WHERE ${MINE}`;

/** What everything of a channel meets that is due, when none of it can be sent. */
export interface ChannelTrouble {
  readonly reply: string;
  /** After its first attempt a message waits for the first of these, and so on; in seconds. */
  readonly backOffSeconds: readonly number[];
  /** What is older is given up. */
  readonly lifetimeSeconds: number;
}

/**
 * Takes one attempt as made for everything of the channel that is due and that nobody has in hand, some thousands at a time: one
 * time-out is enough to learn that a server hangs.
 * @returns Whether there may be more
 */
export async function deferDue(
  tx: Transaction,
  channel: Channel,
  { reply, backOffSeconds, lifetimeSeconds }: ChannelTrouble,
): Promise<boolean> {
  const deferred = await rows(tx, DEFER_DUE, [
    channel,
    reply,
    backOffSeconds,
    lifetimeSeconds,
    MOST_DEFERRED,
  ]);
  return deferred.length === MOST_DEFERRED;
}

const DEFER_DUE = `
WITH due AS (
  SELECT id, created_at <= clock_timestamp() - $4 * interval '1 second' AS is_over FROM outbox_messages
  WHERE channel = $1 AND state = 'WAITING' AND next_attempt_at <= statement_timestamp() AND claimed_by IS NULL
  ORDER BY next_attempt_at, id LIMIT $5 FOR UPDATE SKIP LOCKED)
UPDATE outbox_messages AS message SET attempts = attempts + 1, last_attempt_at = clock_timestamp(), last_error = $2,
  next_attempt_at = clock_timestamp() + ($3::float8[])[least(attempts + 1, cardinality($3::float8[]))] * interval '1 second',
  state = CASE WHEN is_over THEN 'GIVEN_UP' ELSE state END, ended_at = CASE WHEN is_over THEN clock_timestamp() END
FROM due WHERE message.id = due.id RETURNING 1`;
