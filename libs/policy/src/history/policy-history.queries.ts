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

/** A page ends when its documents, as text, have so many bytes: some hundred ordinary ones, or a handful of the largest. */
const MOST_BYTES = 1_000_000;

/** What a page holds: versions, newest first, and one more where it goes on. */
export interface VersionsOnPage {
  readonly versions: readonly VersionInHistory[];
  /** How many of them are on the page: fewer than were asked for where they are large. */
  readonly size: number;
}

/** One page of versions, as many as were asked for and as have a bounded size together. */
export async function listVersions(tx: Transaction, page: Page): Promise<VersionsOnPage> {
  const clause = keyset(page, NEWEST_FIRST, 1);
  const versions = await rows<VersionInHistory & { readonly found: number }>(
    tx,
    `WITH sized AS MATERIALIZED (
       SELECT p.version, count(*) OVER ()::int AS found, sum(octet_length(p.document::text)) OVER (ORDER BY ${clause.orderBy}
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
       FROM (SELECT version, document FROM policy_versions WHERE ${clause.condition}
         ORDER BY ${clause.orderBy} LIMIT ${clause.limit}) AS p)
     SELECT ${VERSION_COLUMNS}, found,
       (SELECT b.document FROM policy_versions b WHERE b.version = p.version - 1) AS "documentBefore"
     FROM sized JOIN policy_versions p USING (version) WHERE coalesce(bytes_before, 0) < ${MOST_BYTES} ORDER BY ${clause.orderBy}`,
    clause.parameters,
  );
  const isCut = versions.length < (versions[0]?.found ?? 0);
  return { versions, size: isCut ? versions.length - 1 : page.size };
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
