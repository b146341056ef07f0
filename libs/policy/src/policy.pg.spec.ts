import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { currentPolicy, ensureFirstPolicy, FIRST_POLICY, POLICY_IN_FORCE, POLICY_TO_HOLD } from './index.js';
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

describe('the policy as other rooms read it', () => {
  it('is one row to hold, and the highest version in force', async () => {
    await database.transaction((tx) =>
      rows(
        tx,
        `INSERT INTO policy_versions (version, document, created_at, created_by)
         SELECT version + 1, document || '{"requireScopes": true}', created_at, created_by FROM policy_versions`,
      ),
    );
    const read = (sql: string) => database.read((tx) => rows(tx, sql));
    expect(await read(`SELECT p.version FROM ${POLICY_TO_HOLD} FOR SHARE OF p`)).toEqual([{ version: 1 }]);
    expect(await read(`SELECT p.version FROM ${POLICY_IN_FORCE}`)).toEqual([{ version: 2 }]);
    expect(await database.read(currentPolicy)).toMatchObject({
      version: 2,
      document: { requireScopes: true },
    });
  });
});
