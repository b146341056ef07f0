import { prepared, rows, type Transaction } from '@tokenwarden/database';
import { GRANTS_OF_GROUP } from '@tokenwarden/directory';

// A session lives until it is ended or has expired, and no longer than its user may sign in: by the database's clock.
const IS_ALIVE = `s.ended_at IS NULL AND s.expires_at > clock_timestamp() AND u.state = 'ACTIVE'
  AND (u.sessions_end_before IS NULL OR s.created_at > u.sessions_end_before)`;

/** A live session, its user, and what the user may do now. */
export interface LiveSession {
  readonly id: string;
  readonly expiresAt: Date;
  readonly userId: string;
  readonly username: string;
  /** The live groups of the user; the `*:*` of an administrators' group is among its grants. */
  readonly groups: readonly { readonly id: string; readonly grants: readonly string[] }[];
}

/** The live session of this hash with everything that a caller is made of, in one statement. */
export async function liveSession(tx: Transaction, tokenHash: Buffer): Promise<LiveSession | undefined> {
  const [found] = await rows<LiveSession>(
    tx,
    prepared(`SELECT s.id, s.expires_at AS "expiresAt", u.id AS "userId", u.username,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
           'id', g.id,
           'grants', ${GRANTS_OF_GROUP}) ORDER BY g.id), '[]')
         FROM group_members m JOIN groups g ON g.id = m.group_id
         WHERE m.user_id = u.id AND g.state = 'ACTIVE') AS groups
     FROM sessions s JOIN users u ON u.id = s.user_id
     WHERE s.token_hash = $1 AND ${IS_ALIVE}`),
    [tokenHash],
  );
  return found;
}

/** Ends the session of this hash where it lives; gives whose it was, and undefined where there was nothing to end. */
export async function endSession(
  tx: Transaction,
  tokenHash: Buffer,
): Promise<{ id: string; userId: string; username: string } | undefined> {
  const [ended] = await rows<{ id: string; userId: string; username: string }>(
    tx,
    `UPDATE sessions s SET ended_at = clock_timestamp() FROM users u
     WHERE s.token_hash = $1 AND u.id = s.user_id AND ${IS_ALIVE}
     RETURNING s.id, u.id AS "userId", u.username`,
    [tokenHash],
  );
  return ended;
}

const REMOVED_AT_ONCE = 100;

/** Removes some sessions that expired more than a day ago: every sign-in takes a few along, so they cannot pile up. */
export async function removeLongExpired(tx: Transaction): Promise<void> {
  await tx.query(
    `DELETE FROM sessions WHERE id IN (
       SELECT id FROM sessions WHERE expires_at < clock_timestamp() - interval '1 day'
       ORDER BY expires_at LIMIT ${REMOVED_AT_ONCE} FOR UPDATE SKIP LOCKED)`,
  );
}

/** The user whom a name means, where it means exactly one who is in the directory. */
export async function userNamed(
  tx: Transaction,
  canonicalUsername: string,
): Promise<{ id: string; username: string } | undefined> {
  const found = await rows<{ id: string; username: string }>(
    tx,
    `SELECT id, username FROM users WHERE canonical_username = $1 AND state <> 'REMOVED' LIMIT 2`,
    [canonicalUsername],
  );
  return found.length === 1 ? found[0] : undefined;
}
