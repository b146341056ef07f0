import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Loaders } from '@tokenwarden/api';
import { applyConsequences, type ConsequencesDone } from '@tokenwarden/consequences';
import { databaseNow, openDatabase, rows, type Database } from '@tokenwarden/database';
import { applyAnswer } from '@tokenwarden/directory';
import { Logs } from '@tokenwarden/telemetry';
import { writeWaitingSet } from '@tokenwarden/tokens';
import type { Caller } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { SAMPLE_SETTINGS, StoredSamples } from '../../test/stored-samples.js';
import { Traces } from '../../test/stored-traces.js';
import { viewerCanOn } from '../../test/viewer-can.js';
import { BulkRevokeService } from '../bulk-revocation/bulk-revoke.service.js';
import { RevocationWriter } from '../bulk-revocation/revocation-writer.js';
import { TokenFilter } from '../token-lists/token-list.types.js';
import { TokenViews } from '../token-views/token-views.js';
import { TokenOperationsService } from './token-operations.service.js';

/** Rounds of a race; TOKENWARDEN_RACE_ROUNDS=100 is what a release is looked at with. */
const ROUNDS = Number(process.env['TOKENWARDEN_RACE_ROUNDS'] ?? 4);
/** So many tokens that a change of their owner commits before their rows are written. */
const VERY_MANY = 1_200;

let server: TestDatabase;
let database: Database;
let samples: StoredSamples;
let traces: Traces;
let operations: TokenOperationsService;
let bulk: BulkRevokeService;
let grace: Caller;
let ada: Caller;
let ids: string[];

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url, { poolSize: 12 });
  samples = new StoredSamples(database);
  traces = new Traces(database);
  operations = new TokenOperationsService(database);
  // A writer that was never started writes nothing: whatever waits is written by hand.
  bulk = new BulkRevokeService(
    database,
    SAMPLE_SETTINGS,
    new RevocationWriter(database, new Logs({ level: 'fatal' })),
  );
  await samples.signingKey();
  ({ grace, ada } = await samples.graceAndAda());
});
afterAll(async () => {
  await database.close();
  await server.close();
});
beforeEach(() => begin());

/** Grace is ACTIVE, with very many ACTIVE tokens. */
async function begin(): Promise<void> {
  await says('enabled');
  await run('DELETE FROM waiting_suspensions');
  await traces.forgetTokens();
  await traces.manyTokens(grace.principal.id, VERY_MANY);
  ids = (await run<{ id: string }>('SELECT id FROM access_tokens ORDER BY id')).map(({ id }) => id);
}

/** What the directory says of grace from now on, with all that follows. */
function says(state: 'enabled' | 'disabled' | 'gone'): Promise<ConsequencesDone> {
  const person = (username: string, { id }: Caller['principal'], enabled: boolean) => ({
    ...{ id, username, displayName: username, email: null, enabled },
  });
  const users = [person('ada', ada.principal, true)];
  if (state !== 'gone') users.push(person('grace', grace.principal, state === 'enabled'));
  return database.transaction(async (tx) => {
    const answer = { whole: true, users, groups: [], warnings: [] } as const;
    return applyConsequences(tx, await applyAnswer(tx, answer, await databaseNow(tx)), 'P30D');
  });
}
const run = <T>(sql: string, parameters: unknown[] = []) =>
  database.read((tx) => rows<T>(tx, sql, parameters));
const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'done',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
const eventsOfEach = async (action: string) =>
  (
    await run<{ count: number }>(
      `SELECT DISTINCT count(e.id)::integer AS count FROM access_tokens t
       LEFT JOIN audit_pending_events e ON e.target_id = t.id::text AND e.action = $1 GROUP BY t.id ORDER BY 1`,
      [action],
    )
  ).map(({ count }) => count);

describe('a token of a disabled user that waits to be suspended', () => {
  beforeEach(() => says('disabled'));

  it('is resumed by nobody, as long as the user is disabled', async () => {
    for (const caller of [grace, ada])
      expect(await codeOf(operations.resume(caller, { id: ids[0] ?? '' }))).toBe('PRINCIPAL_NOT_ACTIVE');
    expect(await traces.events()).toEqual([expect.objectContaining({ action: 'user.disabled' })]);
  });

  it('is resumed by its owner and by an administrator once the user is enabled, and only those are', async () => {
    await says('enabled');
    expect(await operations.resume(grace, { id: ids[0] ?? '' })).toMatchObject({ status: 'ACTIVE' });
    expect(await operations.resume(ada, { id: ids[1] ?? '' })).toMatchObject({ status: 'ACTIVE' });
    const active = await run<{ id: string }>('SELECT id FROM access_tokens WHERE suspended_at IS NULL');
    expect(active.map(({ id }) => id).sort()).toEqual(ids.slice(0, 2));
  });

  it('offers its owner nothing that would be refused', async () => {
    const views = new TokenViews(database, SAMPLE_SETTINGS);
    const token = await views.visibleToken(grace, ids[0] ?? '', new Loaders());
    expect(token && (await viewerCanOn(database, views).viewerCan(token, grace, new Loaders()))).toEqual([
      'UPDATE',
      'SUSPEND',
      'REVOKE',
    ]);
  });

  it('is suspended and revoked by an administrator at once, and stays what it was made', async () => {
    const [suspended = '', revoked = ''] = ids;
    expect(await operations.suspend(ada, { id: suspended })).toMatchObject({ status: 'SUSPENDED' });
    expect(await operations.revoke(ada, { id: revoked })).toMatchObject({ status: 'REVOKED' });
    await says('enabled');
    expect(await codeOf(operations.resume(grace, { id: suspended }))).toBe('FORBIDDEN');
    expect(await codeOf(operations.resume(grace, { id: revoked }))).toBe('TOKEN_NOT_ACTIVE');
  });
});

describe('a user who is enabled while somebody resumes their tokens', () => {
  it(`has those ACTIVE that were resumed, and no others (${ROUNDS} rounds)`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await begin();
      await says('disabled');
      const chosen = ids.filter((_, place) => place % 100 === round);
      const [, ...outcomes] = await Promise.all([
        says('enabled'),
        ...chosen.map((id, i) => codeOf(operations.resume(i % 2 ? grace : ada, { id }))),
      ]);
      expect(outcomes.filter((code) => code !== 'done' && code !== 'PRINCIPAL_NOT_ACTIVE')).toEqual([]);
      const resumed = chosen.filter((_, i) => outcomes[i] === 'done');
      const active = await run<{ id: string }>('SELECT id FROM access_tokens WHERE suspended_at IS NULL');
      expect(active.map(({ id }) => id).sort()).toEqual(resumed);
      expect(await eventsOfEach('token.suspended')).toEqual([1]);
    }
  });
});

describe('a user who is disabled while somebody resumes their tokens', () => {
  it(`has none that is ACTIVE then (${ROUNDS} rounds)`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await says('enabled');
      await traces.forgetTokens();
      await traces.manyTokens(grace.principal.id, 30);
      await run(
        `UPDATE access_tokens SET suspended_at = now(), suspended_by = '{"kind": "SYSTEM", "id": null, "name": "Tokenwarden"}'`,
      );
      const found = await run<{ id: string }>('SELECT id FROM access_tokens');
      const resuming = found.map(({ id }) => codeOf(operations.resume(grace, { id })));
      await says('disabled');
      const outcomes = await Promise.all(resuming);
      expect(outcomes.filter((code) => code !== 'done' && code !== 'PRINCIPAL_NOT_ACTIVE')).toEqual([]);
      expect(await run('SELECT FROM access_tokens WHERE suspended_at IS NULL')).toEqual([]);
    }
  });
});

describe('a user who is removed while their tokens are suspended, resumed and revoked, one by one and in bulk', () => {
  it(`has every one revoked, each with one event (${ROUNDS} rounds)`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await begin();
      const attempts = ids.slice(0, 24).map((id, i) => {
        const operation = (['suspend', 'resume', 'revoke'] as const)[i % 3] ?? 'revoke';
        return codeOf(operations[operation](i % 2 ? grace : ada, { id }));
      });
      const filter = Object.assign(new TokenFilter(), { userId: grace.principal.id });
      const inBulk = codeOf(bulk.revoke(ada, { filter, reason: 'leak', dryRun: false }));
      const writing = (async () => {
        while (await database.transaction(writeWaitingSet, { withinSeconds: 20 })) continue;
      })();
      const done = await says('gone');
      const outcomes = await Promise.all(attempts);
      const allowed = ['done', 'TOKEN_NOT_ACTIVE', 'PRINCIPAL_NOT_ACTIVE'];
      expect(outcomes.filter((code) => !allowed.includes(code))).toEqual([]);
      expect(await inBulk).toBe('done');
      await writing;
      while (await database.transaction(writeWaitingSet)) continue;
      expect(done.revokedTokens).toBeLessThanOrEqual(VERY_MANY);
      expect(await traces.writtenRows()).toBe(VERY_MANY);
      expect(await eventsOfEach('token.revoked')).toEqual([1]);
    }
  });
});
