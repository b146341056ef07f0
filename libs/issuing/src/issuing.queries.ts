import { lockExpression, prepared, rows, type Transaction } from '@tokenwarden/database';
import { noPolicy, POLICY_IN_FORCE, POLICY_TO_HOLD, type PolicyDocument } from '@tokenwarden/policy';
import { BULK_REVOCATION_LOCK, hasMoreLiveRowsThan, liveCountOf } from '@tokenwarden/tokens';
import type { UserState } from '@tokenwarden/vocabulary';
import type { IssuedSoFar } from './issuing-limits.rules.js';

// What issuing holds, each from here to the end of the transaction, in the order in which everybody takes locks:
// the key of a request, bulk revocations held off, users, groups, accounts, tokens, then the principal and the policy.
const onePrincipal = (principalId: string) => `issuing:${principalId}`;
// The functions are strict: without a key nothing is locked by it.
const KEY_AND_BULK = `${lockExpression('$1')}, ${lockExpression('$2', { isShared: true })}`;

/**
 * Begins a transaction that issues. Whoever else comes with the same key waits until this one has ended, and bulk
 * revocations are held off.
 * @param requestLock Of a request with an idempotency key; undefined without one
 */
export async function lockRequest(tx: Transaction, requestLock: string | undefined): Promise<void> {
  await rows(tx, prepared(`SELECT ${KEY_AND_BULK}`), [requestLock ?? null, BULK_REVOCATION_LOCK]);
}

/**
 * One at a time for a principal from here on, or two that count together would both be the last one that the limits
 * allow; and the policy stays as it is.
 */
export async function lockIssuing(tx: Transaction, principalId: string): Promise<void> {
  await rows(
    tx,
    prepared(`WITH principal AS MATERIALIZED (SELECT ${lockExpression('$1')})
     SELECT FROM principal, ${POLICY_TO_HOLD} FOR SHARE OF p`),
    [onePrincipal(principalId)],
  );
}

/**
 * `lockRequest`, the user as they are, and `lockIssuing` for them, by one statement: everything that issuing to oneself
 * holds. Rows are locked last, and as they are by then.
 * @returns the user's state; undefined where there is no such user
 */
export async function lockOwnIssuing(
  tx: Transaction,
  userId: string,
  requestLock: string | undefined,
): Promise<UserState | undefined> {
  const [user] = await rows<{ state: UserState }>(
    tx,
    prepared(`WITH locks AS MATERIALIZED (SELECT ${KEY_AND_BULK}, ${lockExpression('$3')})
     SELECT u.state FROM locks, users u, ${POLICY_TO_HOLD} AND u.id = $4 FOR SHARE OF u, p`),
    [requestLock ?? null, BULK_REVOCATION_LOCK, onePrincipal(userId), userId],
  );
  return user?.state;
}

/** What a token that is issued now is measured by: the policy in force, and what its principal was issued so far. */
export interface IssuingConditions extends IssuedSoFar {
  readonly policy: PolicyDocument;
}

// A little longer than the minute of the limit, which counts in whole seconds: what is older is of no interest.
const RECENTLY = `statement_timestamp() - interval '62 seconds'`;

/**
 * Reads and counts what issuing to the principal goes by. By a statement after `lockIssuing`, never within it: one that
 * waited for a lock still sees what was there when it began. Live tokens are counted only where they may be too many.
 */
export async function conditionsOf(
  tx: Transaction,
  principalId: string,
  limits: { liveBound: number; nth: number },
): Promise<IssuingConditions> {
  const [found] = await rows<Omit<IssuingConditions, 'live'> & { mayBeFull: boolean }>(
    tx,
    prepared(`SELECT date_trunc('milliseconds', clock_timestamp()) AS now, p.document AS policy,
       (SELECT created_at FROM access_tokens WHERE principal_id = $1 AND created_at > ${RECENTLY}
          ORDER BY created_at DESC, id DESC OFFSET $2 LIMIT 1) AS "nthLastCreatedAt",
       ${hasMoreLiveRowsThan('$1', '$3')} AS "mayBeFull"
     FROM ${POLICY_IN_FORCE}`),
    [principalId, limits.nth - 1, limits.liveBound - 1],
  );
  if (!found) throw noPolicy();
  const { mayBeFull, ...conditions } = found;
  return { ...conditions, live: mayBeFull ? await liveCountOf(tx, principalId, limits.liveBound) : 0 };
}
