import { record } from '@tokenwarden/audit';
import { databaseNow, type Transaction } from '@tokenwarden/database';
import { capTokens, holdAllTokens } from '@tokenwarden/tokens';
import type { Author, JsonObject } from '@tokenwarden/vocabulary';
import type { PolicyVersionEntity } from '../policy-version.entity.js';
import { holdPolicy, insertVersion } from '../policy.queries.js';
import { currentPolicy } from '../policy.service.js';
import { prepareChange, requireSomeChange, type AskedChange, type PreparedChange } from './prepare-change.js';

/** What came of a change. */
export interface ChangedPolicy {
  readonly policy: PolicyVersionEntity;
  /** How many tokens end earlier from the commit on. */
  readonly capped: number;
}

/**
 * Makes a new version of the policy with its event, and with CAP ends tokens earlier, all by the commit of this transaction
 * (rules 13 and 15). It waits for whoever issues or changes a token, and they for it.
 * @throws Problem `INVALID_INPUT` on the value at fault or on `changes` where nothing would be different, `VERSION_CONFLICT`
 * on `expectedVersion`, `UNAVAILABLE` where somebody is at work for longer than two seconds
 */
export async function changePolicy(tx: Transaction, by: Author, asked: AskedChange): Promise<ChangedPolicy> {
  // Whoever issues shares this one, so that no token is issued under the policy that ends with this commit; and it is one that
  // nobody who comes later gets before, so that constant issuing does not starve the change.
  await holdAllTokens(tx);
  await holdPolicy(tx);
  const current = await currentPolicy(tx);
  const now = await databaseNow(tx);
  const prepared = prepareChange(current, asked, now);
  const policy: PolicyVersionEntity = {
    version: current.version + 1,
    document: prepared.document,
    createdAt: now,
    createdBy: by.actor,
    reason: asked.reason ?? null,
  };
  await insertVersion(tx, policy);
  const capped = prepared.cap
    ? await capTokens(tx, { ...prepared.cap, by, reason: policy.reason, policyVersion: policy.version })
    : 0;
  requireSomeChange(prepared, capped); // refused here, all of it is taken back
  await record(tx, {
    action: 'policy.updated',
    by,
    target: { type: 'policy', id: String(policy.version), name: null },
    details: detailsOf(policy, asked, prepared, capped),
  });
  return { policy, capped };
}

function detailsOf(
  { version, reason }: PolicyVersionEntity,
  { existingTokens }: AskedChange,
  { difference, cap }: PreparedChange,
  capped: number,
): JsonObject {
  return {
    version,
    ...(reason === null ? {} : { reason }),
    changes: difference.map(({ path, before, after }) => ({ path, before, after })),
    existingTokens,
    ...(cap === null ? {} : { enforceFrom: cap.enforceFrom.toISOString(), capped }),
  };
}
