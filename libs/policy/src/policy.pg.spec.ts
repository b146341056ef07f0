import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { FIRST_POLICY, currentPolicyForIssuing, ensureFirstPolicy } from './index.js';
import { insertVersion } from './policy.queries.js';
import { PolicyService } from './policy.service.js';
import { toPolicy } from './policy.types.js';

let fresh: TestDatabase;
let database: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = await openDatabase(fresh.url);
  await Promise.all(Array.from({ length: 4 }, () => database.transaction(ensureFirstPolicy)));
});
afterAll(async () => {
  await database?.close();
  await fresh?.close();
});

describe('the first policy', () => {
  it('is written once by starts at the same time, with one event of SYSTEM', async () => {
    expect(await database.read((tx) => rows(tx, 'SELECT version FROM policy_versions'))).toEqual([
      { version: 1 },
    ]);
    const events = await database.read((tx) =>
      rows(tx, 'SELECT action, actor_kind, target_type, details FROM audit_pending_events'),
    );
    expect(events).toEqual([
      { action: 'policy.updated', actor_kind: 'SYSTEM', target_type: 'policy', details: { version: 1 } },
    ]);
  });
  it('is shown as it was stored', async () => {
    const policy = toPolicy(await new PolicyService(database).current());
    expect(policy).toMatchObject({
      ...FIRST_POLICY,
      version: 1,
      reason: null,
      updatedBy: { kind: 'SYSTEM' },
    });
    expect(policy.profiles[0]).toMatchObject({ name: 'ephemeral', maximum: 'P1D', defaultLifetime: 'PT1H' });
  });
});

describe('the policy for issuing', () => {
  it('is the new one for who waited for a change, and a change waits for who holds the old one', async () => {
    const order: string[] = [];
    let changed!: Promise<void>;
    let waited!: Promise<number>;
    const waitsFor = async (count: number) => {
      for (;;) {
        const [row] = await database.read((tx) =>
          rows<{ waiting: number }>(
            tx,
            `SELECT count(*)::integer AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          ),
        );
        if (row?.waiting === count) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await database.transaction(async (tx) => {
      expect((await currentPolicyForIssuing(tx)).version).toBe(1);
      changed = database.transaction(async (change) => {
        await rows(change, 'SELECT FROM policy_versions WHERE version = 1 FOR UPDATE');
        order.push('changed');
        waited = database.transaction(async (issue) => {
          const { version } = await currentPolicyForIssuing(issue);
          order.push('issued under the new one');
          return version;
        });
        await waitsFor(1);
        await insertVersion(change, {
          version: 2,
          document: { ...FIRST_POLICY, requireScopes: true },
          createdAt: new Date(),
          createdBy: SYSTEM.actor,
          reason: 'tighter',
        });
      });
      await waitsFor(1);
      order.push('issued under the old one');
    });
    await changed;
    expect(await waited).toBe(2);
    expect(order).toEqual(['issued under the old one', 'changed', 'issued under the new one']);
  });
});
