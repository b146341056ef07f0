import { durationSeconds, type Duration } from '@tokenwarden/vocabulary';

/** What decides of a profile whether a token of it lives too long. */
export interface MaximumOfProfile {
  readonly name: string;
  readonly maximum: Duration;
}

/**
 * The condition on a token of this alias that it lives longer than a token of its profile could be issued for today. A
 * profile is its name: one that is gone allows nothing, and its tokens exceed. `placeholder` takes a value and gives `$n`.
 */
export function exceedsPolicy(
  table: string,
  profiles: readonly MaximumOfProfile[],
  placeholder: (value: unknown) => string,
): string {
  const maxima = Object.fromEntries(profiles.map(({ name, maximum }) => [name, durationSeconds(maximum)]));
  const maximum = `(${placeholder(JSON.stringify(maxima))}::jsonb ->> ${table}.profile)::bigint`;
  return `NOT coalesce(${table}.ends_at <= ${table}.created_at + ${maximum} * interval '1 second', false)`;
}
