import { Injectable } from '@nestjs/common';
import { record } from '@tokenwarden/audit';
import { Database, databaseNow, lockFor, type Transaction } from '@tokenwarden/database';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { FIRST_POLICY } from './policy-document.rules.js';
import type { PolicyVersionEntity } from './policy-version.entity.js';
import { insertVersion, noPolicy, selectPolicyInForce } from './policy.queries.js';

/** The policy in force; read anew each time, so that a change works without a restart on every instance (rule 16). */
export async function currentPolicy(tx: Transaction): Promise<PolicyVersionEntity> {
  const policy = await selectPolicyInForce(tx);
  if (!policy) throw noPolicy();
  return policy;
}

/**
 * Writes version 1 with its event where there is none; at every start, of however many processes at once.
 */
export async function ensureFirstPolicy(tx: Transaction): Promise<void> {
  await lockFor(tx, 'first policy');
  if (await selectPolicyInForce(tx)) return;
  await insertVersion(tx, {
    version: 1,
    document: FIRST_POLICY,
    createdAt: await databaseNow(tx),
    createdBy: SYSTEM.actor,
    reason: null,
  });
  await record(tx, {
    action: 'policy.updated',
    by: SYSTEM,
    target: { type: 'policy', id: '1', name: null },
    details: { version: 1 },
  });
}

/** The use cases of the policy. */
@Injectable()
export class PolicyService {
  constructor(private readonly database: Database) {}

  /** The version in force. */
  async current(): Promise<PolicyVersionEntity> {
    return this.database.read(currentPolicy);
  }
}
