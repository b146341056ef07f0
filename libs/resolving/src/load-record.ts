import type { Database } from '@tokenwarden/database';
import type { TokenRecord } from './resolution.rules.js';
import { recordOfPresentedToken } from './resolving.queries.js';

/**
 * Everything that Postgres knows of a presented token, of one moment; undefined where there is no such row.
 * @throws Problem `UNAVAILABLE` when Postgres does not answer
 */
export async function loadRecord(
  database: Database,
  id: string,
  kid: string,
): Promise<TokenRecord | undefined> {
  return database.read((tx) => recordOfPresentedToken(tx, id, kid));
}
