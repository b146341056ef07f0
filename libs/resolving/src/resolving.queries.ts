import { prepared, rows, type Transaction } from '@tokenwarden/database';
import { GRANTS_OF_GROUP } from '@tokenwarden/directory';
import { ARE_ENDS_MOVING, BULK_REVOCATION_OF, endNowOf } from '@tokenwarden/tokens';
import type { GroupFacts, PrincipalState, TokenRecord } from './resolution.rules.js';

// A predecessor that has ended or is revoked waits for nothing any more; one that a cap has ended is left alone by who ends it.
const WAITING_PREDECESSOR = `SELECT p.id FROM access_tokens p ${BULK_REVOCATION_OF('p')}
    WHERE p.id = t.predecessor_id AND p.ends_on_successors_use AND p.ends_at > clock_timestamp()
      AND p.revoked_at IS NULL AND bulk.revoked_at IS NULL`;

/**
 * The row, its principal, the live groups with what they grant now, the signing key and the predecessor that waits: all of
 * one moment. A revocation that is still being written behind its commit counts like one in the row.
 */
const recordWith = (endsAt: string, isEndInDoubt: string) => `
SELECT t.id, t.kind, t.name, t.issuer, t.principal_id, t.scopes, t.audiences, t.created_at, t.expires_at, ${endsAt} AS ends_at,
  ${isEndInDoubt} AS is_end_in_doubt,
  t.suspended_at, coalesce(t.revoked_at, bulk.revoked_at) AS revoked_at,
  coalesce(u.username, s.name) AS principal_name,
  CASE
    WHEN t.kind = 'USER' THEN u.state
    WHEN s.deleted_at IS NOT NULL THEN 'REMOVED'
    WHEN s.suspended_at IS NOT NULL THEN 'SUSPENDED'
    WHEN s.orphaned_at IS NOT NULL THEN 'ORPHANED'
    ELSE 'ACTIVE'
  END AS principal_state,
  (k.kid IS NULL OR k.withdrawn_at IS NOT NULL) AS is_key_withdrawn,
  (${WAITING_PREDECESSOR}) AS waiting_predecessor_id,
  (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'id', g.id,
      'name', g.name,
      'grants', ${GRANTS_OF_GROUP}) ORDER BY g.name, g.id), '[]')
    FROM groups g
    WHERE g.state = 'ACTIVE' AND g.id IN (
      SELECT m.group_id FROM group_members m WHERE m.user_id = t.user_id
      UNION ALL
      SELECT l.group_id FROM service_account_groups l WHERE l.service_account_id = t.service_account_id)) AS groups
FROM access_tokens t ${BULK_REVOCATION_OF('t')}
LEFT JOIN users u ON u.id = t.user_id
LEFT JOIN service_accounts s ON s.id = t.service_account_id`;

/** What is asked of records: as a rule, and while a cap is being written, which ends tokens earlier than their rows say. */
interface Asked {
  readonly asARule: string;
  readonly whileEndsMove: string;
}

const asked = (which: string): Asked => ({
  asARule: prepared(`${recordWith('t.ends_at', ARE_ENDS_MOVING)} ${which}`),
  whileEndsMove: prepared(`${recordWith(endNowOf('t'), 'false')} ${which}`),
});

/** One token as a caller presented it: the key that counts is the one that its signature names. */
export const RECORD_OF_PRESENTED_TOKEN = asked(`LEFT JOIN signing_keys k ON k.kid = $2 WHERE t.id = $1`);

/** Tokens without their values at hand: the key that counts is the one they were issued under. */
export const RECORDS_OF_TOKENS = asked(
  `LEFT JOIN signing_keys k ON k.kid = t.kid WHERE t.id = ANY($1::uuid[])`,
);

interface RecordRow {
  id: string;
  kind: TokenRecord['kind'];
  name: string;
  issuer: string;
  principal_id: string;
  scopes: string[] | null;
  audiences: string[];
  created_at: Date;
  expires_at: Date;
  ends_at: Date;
  is_end_in_doubt: boolean;
  suspended_at: Date | null;
  revoked_at: Date | null;
  principal_name: string;
  principal_state: PrincipalState;
  is_key_withdrawn: boolean;
  waiting_predecessor_id: string | null;
  groups: GroupFacts[];
}

// In doubt it is asked again, the whole record: each answer is of one moment.
async function recordsAsked(
  tx: Transaction,
  { asARule, whileEndsMove }: Asked,
  parameters: readonly unknown[],
): Promise<RecordRow[]> {
  const found = await rows<RecordRow>(tx, asARule, parameters);
  return found.some((row) => row.is_end_in_doubt) ? rows(tx, whileEndsMove, parameters) : found;
}

/** The record of one presented token, of one moment; undefined where there is no such row. `id` is a UUID. */
export async function recordOfPresentedToken(
  tx: Transaction,
  id: string,
  kid: string,
): Promise<TokenRecord | undefined> {
  const [row] = await recordsAsked(tx, RECORD_OF_PRESENTED_TOKEN, [id, kid]);
  return row === undefined ? undefined : toRecord(row);
}

/** The records of many tokens, all of one moment, by id. */
export async function recordsOfTokens(
  tx: Transaction,
  ids: readonly string[],
): Promise<Map<string, TokenRecord>> {
  const found = await recordsAsked(tx, RECORDS_OF_TOKENS, [ids]);
  return new Map(found.map((row) => [row.id, toRecord(row)]));
}

function toRecord(row: RecordRow): TokenRecord {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    issuer: row.issuer,
    principalId: row.principal_id,
    scopes: row.scopes,
    audiences: row.audiences,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    endsAt: row.ends_at,
    suspendedAt: row.suspended_at,
    revokedAt: row.revoked_at,
    principal: { state: row.principal_state, name: row.principal_name },
    groups: row.groups,
    isKeyWithdrawn: row.is_key_withdrawn,
    waitingPredecessorId: row.waiting_predecessor_id,
  };
}
