/**
 * SQL: when a token of this alias ends at the latest under a cap, in whole seconds: `max(enforceFrom, createdAt + maximum)` with
 * the maximum of its profile (rule 15); null where the cap names no such profile, whose tokens stay as they are.
 * @param maxima SQL of a jsonb object: the maximum of each profile in seconds
 * @param enforceFrom SQL of a timestamptz in whole seconds
 */
export function capEndOf(table: string, maxima: string, enforceFrom: string): string {
  // greatest() leaves NULLs out: without the CASE it would cap what the cap does not name.
  return `CASE WHEN ${maxima} ? ${table}.profile THEN
    greatest(${enforceFrom}, ${table}.created_at + (${maxima} ->> ${table}.profile)::bigint * interval '1 second') END`;
}
