import { beforeAll, describe, expect, it } from '@jest/globals';
import { rows } from '@tokenwarden/database';
import { Problem, SYSTEM, type Author } from '@tokenwarden/vocabulary';
import { databaseForSpecs } from '../../../../test/harness/index.js';
import { FIRST_POLICY } from '../policy-document.rules.js';
import { POLICY_TO_HOLD } from '../policy.queries.js';
import { currentPolicy, ensureFirstPolicy } from '../policy.service.js';
import { changePolicy } from './change-policy.js';
import type { AskedChange } from './prepare-change.js';

const specs = databaseForSpecs();
beforeAll(() => specs.database.transaction(ensureFirstPolicy));

const ADA: Author = {
  actor: { kind: 'USER', id: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01', name: 'ada' },
  actorTokenId: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a0f',
  origin: { address: '127.0.0.1', userAgent: 'spec', requestId: 'r1' },
};
const change = (asked: Partial<AskedChange>, by = ADA) =>
  specs.database.transaction((tx) =>
    changePolicy(tx, by, { expectedVersion: 1, changes: {}, existingTokens: 'KEEP', ...asked }),
  );
const inForce = () => specs.database.read(currentPolicy);
const versions = async () =>
  (
    await specs.database.read((tx) =>
      rows<{ version: number }>(tx, 'SELECT version FROM policy_versions ORDER BY 1'),
    )
  ).map(({ version }) => version);
const events = () =>
  specs.database.read((tx) =>
    rows<{ details: { version: number } }>(
      tx,
      `SELECT action, actor_name AS "actorName", actor_token_id AS "actorTokenId", target_type AS "targetType",
         target_id AS "targetId", details
       FROM audit_pending_events WHERE action = 'policy.updated' ORDER BY arrival`,
    ),
  );
async function somebodyWaits(): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await specs.database.read((tx) => rows(tx, waiting))).length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const codeOf = (outcome: PromiseSettledResult<unknown>) =>
  outcome.status === 'fulfilled' ? 'changed' : (outcome.reason as Problem).code;

describe('a change of the policy', () => {
  it('makes the next version, with who, when and why, and one event with the difference', async () => {
    const { version } = await inForce();
    const changes = { purge: { after: 'P30D' }, requireScopes: true };
    const { policy, capped } = await change({ expectedVersion: version, changes, reason: 'tidier' });
    expect(capped).toBe(0);
    expect(policy).toMatchObject({ version: version + 1, createdBy: ADA.actor, reason: 'tidier' });
    expect(await inForce()).toEqual(policy);
    expect(policy.document).toEqual({
      ...FIRST_POLICY,
      requireScopes: true,
      purge: { ...FIRST_POLICY.purge, after: 'P30D' },
    });
    expect((await events()).at(-1)).toEqual({
      action: 'policy.updated',
      actorName: 'ada',
      actorTokenId: ADA.actorTokenId,
      targetType: 'policy',
      targetId: String(version + 1),
      details: {
        version: version + 1,
        reason: 'tidier',
        existingTokens: 'KEEP',
        changes: [
          { path: 'purge.after', before: 'P90D', after: 'P30D' },
          { path: 'requireScopes', before: false, after: true },
        ],
      },
    });
  });

  it('is made by the clock of the database', async () => {
    const { version, createdAt } = await inForce();
    const changes = { orphanGrace: 'P3D' };
    const { policy } = await change({ expectedVersion: version, changes }, SYSTEM);
    expect(policy.createdAt.getTime()).toBeGreaterThanOrEqual(createdAt.getTime());
    expect(policy.reason).toBeNull();
  });

  it('is refused, and nothing is kept of it, where it started from another version or changes nothing', async () => {
    const { version } = await inForce();
    const before = [await versions(), await events()];
    const refused = async (asked: Partial<AskedChange>) =>
      codeOf((await Promise.allSettled([change(asked)]))[0]);
    const changes = { orphanGrace: 'P4D' };
    expect(await refused({ expectedVersion: version - 1, changes })).toBe('VERSION_CONFLICT');
    expect(await refused({ expectedVersion: version + 1, changes })).toBe('VERSION_CONFLICT');
    expect(await refused({ expectedVersion: version })).toBe('INVALID_INPUT');
    expect(await refused({ expectedVersion: version, existingTokens: 'CAP' })).toBe('INVALID_INPUT');
    expect(await refused({ expectedVersion: version, changes: { purge: { after: 'PT0S' } } })).toBe(
      'INVALID_INPUT',
    );
    expect([await versions(), await events()]).toEqual(before);
  });
});

describe('a change of the policy and whoever holds it', () => {
  it('wait for each other', async () => {
    const order: string[] = [];
    const { version } = await inForce();
    const { changing } = await specs.database.transaction(async (tx) => {
      await rows(tx, `SELECT FROM ${POLICY_TO_HOLD} FOR SHARE`);
      const changes = { orphanGrace: 'P50D' };
      const changed = change({ expectedVersion: version, changes }).then(() => order.push('changed'));
      await Promise.race([changed, somebodyWaits()]);
      order.push('let go');
      return { changing: changed };
    });
    await changing;
    expect(order).toEqual(['let go', 'changed']);
  });
});

describe('changes at the same time that start from one version', () => {
  it('are made once: exactly one wins, however many there are', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { version } = await inForce();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 6 }, (_, index) =>
          change({
            expectedVersion: version,
            changes: { purge: { after: `P${100 + round * 10 + index}D` } },
          }),
        ),
      );
      expect(outcomes.map(codeOf).sort()).toEqual([
        'VERSION_CONFLICT',
        'VERSION_CONFLICT',
        'VERSION_CONFLICT',
        'VERSION_CONFLICT',
        'VERSION_CONFLICT',
        'changed',
      ]);
      const winner = outcomes.find((outcome) => outcome.status === 'fulfilled');
      expect(await inForce()).toEqual(winner?.value.policy);
    }
    const made = (await events()).map(({ details }) => details.version);
    expect(made).toEqual(await versions());
  });
});
