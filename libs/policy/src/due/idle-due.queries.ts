import { USES_WHOLE_SINCE } from '@tokenwarden/tokens';
import { durationSeconds, type Duration } from '@tokenwarden/vocabulary';

/**
 * The condition on a token of this alias that it is idle at the moment `at`: live, older than `after` and not used for so long,
 * where every use of that whole time is known to have been written down. What is not known to be idle is not.
 * @param table a table or an alias with the columns `id`, `created_at`, `ends_at` and `revoked_at` of `access_tokens`
 * @param at SQL of a timestamptz
 */
export function idleDue(table: string, after: Duration, at: string): string {
  const since = sinceWhen(after, at);
  return `(${table}.revoked_at IS NULL AND ${table}.ends_at > ${at} AND ${table}.created_at <= ${since}
    AND (${USES_WHOLE_SINCE}) <= ${since}
    AND NOT EXISTS (SELECT FROM token_uses used WHERE used.token_id = ${table}.id AND used.last_used_at > ${since}))`;
}

/** The condition that a run of IDLE_REVOCATION would mark the token: it is idle, and no mark stands since its last use. */
export function idleToMark(table: string, after: Duration, at: string): string {
  return `(${idleDue(table, after, at)} AND NOT EXISTS (${standingMark(table)}))`;
}

/**
 * The condition that a run of IDLE_REVOCATION would revoke the token: it is idle, was marked a whole `after` ago or longer and has
 * not been used since, and all who are told of it were told or given up half of `after` ago or longer: whoever was told late has
 * time to use it. A shorter `after` does not bring the moment forward that they were told.
 */
export function idleToRevoke(table: string, after: Duration, at: string): string {
  return `(${idleDue(table, after, at)} AND EXISTS (${standingMark(table)}
    AND mark.decided_at <= ${sinceWhen(after, at)} AND mark.decided_at <= ${at} - mark.threshold_seconds * interval '1 second'
    AND mark.sent_at <= ${at} - greatest(interval '${durationSeconds(after)} seconds', mark.threshold_seconds * interval '1 second') / 2))`;
}

/**
 * The condition on a mark of idleness (a row of `token_warnings` of this alias) that it stands: no use of its token came after it,
 * and none is known to have been lost since.
 */
export function markStands(mark: string): string {
  return `(${mark}.decided_at >= (${USES_WHOLE_SINCE})
    AND NOT EXISTS (SELECT FROM token_uses used WHERE used.token_id = ${mark}.token_id AND used.last_used_at > ${mark}.decided_at))`;
}

/** A SELECT of the token's mark of idleness (the row of `token_warnings` as `mark`) where it stands. */
function standingMark(table: string): string {
  return `SELECT FROM token_warnings mark WHERE mark.token_id = ${table}.id AND mark.kind = 'IDLE' AND ${markStands('mark')}`;
}

function sinceWhen(after: Duration, at: string): string {
  return `${at} - interval '${durationSeconds(after)} seconds'`;
}
