import { COUNT_LIMIT, type Page } from '@tokenwarden/api';
import { keyset, rows, type Transaction } from '@tokenwarden/database';
import type { PolicyDocument } from '../policy-document.rules.js';
import type { PolicyVersionEntity } from '../policy-version.entity.js';
import { VERSION_COLUMNS } from '../policy.queries.js';

/** The order of the list: newest first. */
export const NEWEST_FIRST = [{ column: 'version', descending: true, type: 'integer' }] as const;

/** A version and the document of the one before it; version 1 has none. */
export interface VersionInHistory extends PolicyVersionEntity {
  readonly documentBefore: PolicyDocument | null;
}

/** One page of versions, newest first, and one more where it goes on. */
export async function listVersions(tx: Transaction, page: Page): Promise<VersionInHistory[]> {
  const clause = keyset(page, NEWEST_FIRST, 1);
  return rows(
    tx,
    `SELECT ${VERSION_COLUMNS},
       (SELECT b.document FROM policy_versions b WHERE b.version = p.version - 1) AS "documentBefore"
     FROM policy_versions p WHERE ${clause.condition} ORDER BY ${clause.orderBy} LIMIT ${clause.limit}`,
    clause.parameters,
  );
}

/** How many versions there are; `COUNT_LIMIT + 1` where there are more than are counted. */
export async function countVersions(tx: Transaction): Promise<number> {
  const counted = `SELECT 1 FROM policy_versions LIMIT ${COUNT_LIMIT + 1}`;
  const [row] = await rows<{ count: number }>(
    tx,
    `SELECT count(*)::int AS count FROM (${counted}) AS counted`,
  );
  return row?.count ?? 0;
}
