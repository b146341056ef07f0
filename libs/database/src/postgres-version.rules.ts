/** The oldest major version of Postgres that has what the schema is made of (`UNIQUE NULLS NOT DISTINCT`). */
export const OLDEST_POSTGRES = 15;

/** The server is too old for the schema; its message says which one would do. */
export class PostgresTooOldError extends Error {
  override readonly name = 'PostgresTooOldError';
}

/**
 * Refuses a server that the schema cannot be made on, before anything is made.
 * @param versionNumber `server_version_num`, such as 150006
 * @throws PostgresTooOldError
 */
export function requireNewEnough(versionNumber: number): void {
  const major = Math.floor(versionNumber / 10_000);
  if (major >= OLDEST_POSTGRES) return;
  throw new PostgresTooOldError(
    `The Postgres at DATABASE_URL is version ${major}: Tokenwarden needs ${OLDEST_POSTGRES} or newer. Nothing was changed.`,
  );
}
