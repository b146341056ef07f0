import { rows, type Transaction } from '@tokenwarden/database';
import type { PolicyVersionEntity } from './policy-version.entity.js';

/**
 * Ends a FROM and begins its WHERE: as `p`, the one row that stands for the policy, whatever its version. Held FOR SHARE
 * by whoever issues, and FOR UPDATE by whoever changes the policy, to the end of the transaction. Version 1 is always there.
 */
export const POLICY_TO_HOLD = 'policy_versions p WHERE p.version = 1';

/**
 * In a FROM: the version in force, as `p` with the columns of `policy_versions`. Who holds the policy reads it by a later
 * statement: one that waited still sees what was there when it began.
 */
export const POLICY_IN_FORCE = '(SELECT * FROM policy_versions ORDER BY version DESC LIMIT 1) AS p';

/** What is wrong where `POLICY_IN_FORCE` gives no row. */
export function noPolicy(): Error {
  return new Error('There is no policy: ensureFirstPolicy has not run.');
}

/** Of `policy_versions`, as its entity has them. */
export const VERSION_COLUMNS =
  'version, document, created_at AS "createdAt", created_by AS "createdBy", reason';

/** The version in force, or null before the first start has written one. */
export async function selectPolicyInForce(tx: Transaction): Promise<PolicyVersionEntity | null> {
  const [inForce] = await rows<PolicyVersionEntity>(tx, `SELECT ${VERSION_COLUMNS} FROM ${POLICY_IN_FORCE}`);
  return inForce ?? null;
}

/** This version and those before it, newest first, so many at the most. */
export async function versionsBackFrom(
  tx: Transaction,
  version: number,
  most: number,
): Promise<PolicyVersionEntity[]> {
  return rows(
    tx,
    `SELECT ${VERSION_COLUMNS} FROM policy_versions WHERE version <= $1 ORDER BY version DESC LIMIT $2`,
    [version, most],
  );
}

/** Waits until nobody issues by the policy any more, and keeps it for the one who changes it, to the end of the transaction. */
export async function holdPolicy(tx: Transaction): Promise<void> {
  const held = await rows(tx, `SELECT p.version FROM ${POLICY_TO_HOLD} FOR UPDATE OF p`);
  if (held.length === 0) throw noPolicy();
}

/** Adds a version. */
export async function insertVersion(tx: Transaction, version: PolicyVersionEntity): Promise<void> {
  await rows(
    tx,
    'INSERT INTO policy_versions (version, document, created_at, created_by, reason) VALUES ($1, $2, $3, $4, $5)',
    [
      version.version,
      JSON.stringify(version.document),
      version.createdAt,
      JSON.stringify(version.createdBy),
      version.reason,
    ],
  );
}
