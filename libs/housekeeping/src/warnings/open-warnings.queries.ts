import { rows, type Transaction } from '@tokenwarden/database';
import type { Channel } from '@tokenwarden/notifications';
import { tokensNow } from '@tokenwarden/tokens';
import type { TokenKind } from '@tokenwarden/vocabulary';
import type { WarningKind } from './addressing.queries.js';

/** What is decided and in no message yet, by the channel and the kind of warning. */
export interface OpenWarnings {
  readonly channel: Channel;
  readonly kind: WarningKind;
}

/** One token that somebody is to be told of. */
export interface OpenToken {
  readonly warningId: string;
  /** Null: the webhook. */
  readonly userId: string | null;
  readonly id: string;
  readonly name: string;
  readonly kind: TokenKind;
  readonly ownerId: string;
  /** The name of the service account; of a user token null. */
  readonly account: string | null;
  readonly ownerName: string;
  readonly endsAt: Date;
  readonly lastUsedAt: Date | null;
  /** It can be neither used nor rotated until it is resumed. */
  readonly isSuspended: boolean;
  readonly thresholdSeconds: number;
  readonly decidedAt: Date;
  /** Now, by the database's clock. */
  readonly readAt: Date;
  /** Whoever is told is no member of the account's groups. */
  readonly asAdministrator: boolean;
  /** How many tokens there are for this recipient. */
  readonly total: number;
}

/** The most tokens that one mail lists. */
const MOST_LISTED = 1_000;
/** One statement changes so many rows. */
const MOST_AT_ONCE = 2_000;

// What is to be told and in no message; `r` and `w`.
const OPEN = `token_warning_recipients r JOIN token_warnings w ON w.id = r.warning_id AND w.kind = $2
  WHERE r.channel = $1 AND r.message_id IS NULL AND NOT r.is_told`;

/** The next recipients of mail behind this one, by id: as many as have a bounded number of tokens between them. */
export async function nextRecipients(
  tx: Transaction,
  { channel, kind }: OpenWarnings,
  behind: string,
): Promise<string[]> {
  const found = await rows<{ userId: string; isLast: boolean; isCut: boolean }>(
    tx,
    `WITH few AS (SELECT r.user_id FROM ${OPEN} AND r.user_id > $3 ORDER BY r.user_id LIMIT ${MOST_AT_ONCE})
     SELECT user_id AS "userId", lead(user_id) OVER (ORDER BY user_id) IS NULL AS "isLast",
       (SELECT count(*) = ${MOST_AT_ONCE} FROM few) AS "isCut"
     FROM (SELECT DISTINCT user_id FROM few) AS one ORDER BY user_id`,
    [channel, kind, behind],
  );
  // Of the last one there may be more than was looked at: it comes first the next time, unless it is alone.
  const whole = found.filter(({ isLast, isCut }) => found.length === 1 || !isLast || !isCut);
  return whole.map(({ userId }) => userId);
}

/** Some warnings that the webhook is to be told of, by id. */
export async function nextForWebhook(tx: Transaction, kind: WarningKind, most: number): Promise<string[]> {
  const found = await rows<{ id: string }>(
    tx,
    `SELECT r.warning_id AS id FROM ${OPEN} ORDER BY r.warning_id LIMIT $3`,
    ['WEBHOOK', kind, most],
  );
  return found.map(({ id }) => id);
}

/**
 * Of these recipients' open warnings (for the webhook: of these warnings) gives up all, or those that do not matter any more: the
 * token has ended, has a successor or another end, or the recipient is not there any more or has no address.
 * @returns The warnings that lost a recipient
 */
export async function dropOpen(
  tx: Transaction,
  { channel, kind }: OpenWarnings,
  ids: readonly string[],
  which: 'stale' | 'all',
): Promise<string[]> {
  const source = await tokensNow(tx);
  const dropped = await rows<{ id: string }>(
    tx,
    `WITH stale AS MATERIALIZED (
       SELECT r.warning_id, r.user_id FROM ${OPEN} AND ${among(channel)} AND ($4 OR NOT (
         EXISTS (SELECT FROM ${source} t WHERE t.id = w.token_id AND t.revoked_at IS NULL AND t.ends_at > statement_timestamp()
           AND (w.kind = 'IDLE' OR (t.ends_at = w.ends_at AND t.rotated_at IS NULL)))
         AND (r.user_id IS NULL OR EXISTS (SELECT FROM users u WHERE u.id = r.user_id AND u.state = 'ACTIVE' AND u.email IS NOT NULL))))),
     less AS (
       UPDATE token_warnings w SET recipients = w.recipients - stale.count
       FROM (SELECT warning_id, count(user_id)::int FROM stale GROUP BY warning_id) AS stale WHERE w.id = stale.warning_id)
     UPDATE token_warning_recipients r SET is_told = true FROM stale
     WHERE r.warning_id = stale.warning_id AND r.channel = $1 AND r.user_id IS NOT DISTINCT FROM stale.user_id
     RETURNING r.warning_id AS id`,
    [channel, kind, ids, which === 'all'],
  );
  return dropped.map(({ id }) => id);
}

/** What these recipients are to be told, by recipient and end: of each token its most urgent warning, a thousand of each at most. */
export async function openTokens(
  tx: Transaction,
  { channel, kind }: OpenWarnings,
  ids: readonly string[],
): Promise<OpenToken[]> {
  const source = await tokensNow(tx);
  return rows<OpenToken>(
    tx,
    `WITH one AS (
       SELECT DISTINCT ON (r.user_id, w.token_id) r.user_id, w.id AS warning_id, w.token_id, w.threshold_seconds, w.decided_at,
         coalesce(w.ends_at, t.ends_at) AS ends_at
       FROM ${source} t, ${OPEN} AND ${among(channel)} AND t.id = w.token_id
       ORDER BY r.user_id, w.token_id, w.threshold_seconds),
     ranked AS (
       SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY ends_at, token_id) AS place,
         count(*) OVER (PARTITION BY user_id)::int AS total FROM one)
     SELECT ranked.warning_id AS "warningId", ranked.user_id AS "userId", t.id, t.name, t.kind, t.principal_id AS "ownerId",
       s.name AS account, coalesce(s.name, owner.username) AS "ownerName", ranked.ends_at AS "endsAt",
       used.last_used_at AS "lastUsedAt", t.suspended_at IS NOT NULL AS "isSuspended",
       ranked.threshold_seconds::float8 AS "thresholdSeconds", ranked.decided_at AS "decidedAt",
       statement_timestamp() AS "readAt",
       s.id IS NOT NULL AND NOT EXISTS (
         SELECT FROM service_account_groups l JOIN groups g ON g.id = l.group_id AND g.state = 'ACTIVE'
         JOIN group_members m ON m.group_id = g.id
         WHERE l.service_account_id = s.id AND m.user_id = ranked.user_id) AS "asAdministrator", ranked.total
     FROM ranked JOIN access_tokens t ON t.id = ranked.token_id
     LEFT JOIN service_accounts s ON s.id = t.service_account_id
     LEFT JOIN users owner ON owner.id = t.user_id
     LEFT JOIN token_uses used ON used.token_id = t.id
     WHERE ranked.place <= ${MOST_LISTED} ORDER BY ranked.user_id, ranked.place`,
    [channel, kind, ids],
  );
}

/** Notes in which message each of these is told, by the recipient, or for the webhook by the warning. */
export async function noteMessages(
  tx: Transaction,
  { channel, kind }: OpenWarnings,
  messages: ReadonlyMap<string, string>,
): Promise<void> {
  const key = channel === 'EMAIL' ? 'user_id' : 'warning_id';
  let changed = MOST_AT_ONCE;
  while (changed === MOST_AT_ONCE) {
    const noted = await rows(
      tx,
      `WITH few AS MATERIALIZED (SELECT r.ctid AS place, r.${key} AS key FROM ${OPEN} AND ${among(channel)} LIMIT ${MOST_AT_ONCE})
       UPDATE token_warning_recipients r SET message_id = message.id
       FROM few JOIN unnest($3::uuid[], $4::uuid[]) AS message (key, id) USING (key) WHERE r.ctid = few.place RETURNING 1`,
      [channel, kind, [...messages.keys()], [...messages.values()]],
    );
    changed = noted.length;
  }
}

const among = (channel: Channel) => `r.${channel === 'EMAIL' ? 'user_id' : 'warning_id'} = ANY ($3::uuid[])`;
