import type { Database } from '@tokenwarden/database';
import { unavailable } from '@tokenwarden/vocabulary';
import type { TokenRecord } from './resolution.rules.js';
import { recordOfPresentedToken } from './resolving.queries.js';

/** How long an answer may wait for Postgres before it is "cannot decide". */
export const LONGEST_WAIT_MILLISECONDS = 2_000;

/**
 * Everything that Postgres knows of a presented token, in one statement; undefined where there is no such row.
 * @throws Problem `UNAVAILABLE` when Postgres does not answer, or not within two seconds
 */
export async function loadRecord(database: Database, id: string, kid: string): Promise<TokenRecord | undefined> {
  return within(
    LONGEST_WAIT_MILLISECONDS,
    database.read((tx) => recordOfPresentedToken(tx, id, kid)),
  );
}

/**
 * What `work` gives, if it does so in time. Later it is let go: it ends by its own time-out, and nobody hears of it.
 * @throws Problem `UNAVAILABLE` when time is up
 */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(unavailable('The database does not answer in time. Try again in a moment.')),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, timeIsUp]);
  } finally {
    clearTimeout(timer);
  }
}
