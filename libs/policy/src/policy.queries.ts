import { rows, type Transaction } from '@tokenwarden/database';
import type { PolicyVersionEntity } from './policy-version.entity.js';

const COLUMNS = 'version, document, created_at AS "createdAt", created_by AS "createdBy", reason';

/** The highest version, or null before the first start has written one. */
export async function selectHighestVersion(tx: Transaction): Promise<PolicyVersionEntity | null> {
  const [highest] = await rows<PolicyVersionEntity>(
    tx,
    `SELECT ${COLUMNS} FROM policy_versions ORDER BY version DESC LIMIT 1`,
  );
  return highest ?? null;
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
