import { durationSeconds, type Duration } from '@tokenwarden/vocabulary';

/**
 * The condition on a token of this alias that a run of PURGE at the moment `at` would remove its row: it ended longer ago than
 * `after`, by its end or by being revoked, whichever was first (rule 18). It names what goes and nothing that stays, so that
 * what is not known is never removed: a NULL makes it false or null.
 * @param table a table or an alias with the columns `ends_at` and `revoked_at` of `access_tokens`
 * @param at SQL of a timestamptz
 */
export function purgeDue(table: string, after: Duration, at: string): string {
  const before = `${at} - interval '${durationSeconds(after)} seconds'`;
  return `(${table}.ends_at < ${before} OR ${table}.revoked_at < ${before})`;
}
