import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { applyConsequences, endOrphanGraces } from '@tokenwarden/consequences';
import { databaseNow, openDatabase, type Transaction } from '@tokenwarden/database';
import { applyAnswer } from '@tokenwarden/directory';
import { lockToken, resumeToken, writeWaitingSet } from '@tokenwarden/tokens';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { IDS, World, type Issued } from '../test/world.js';
import { ResolvingService } from './resolving.service.js';
import { UseTally } from './use-tally.js';

let world: World;
let other: { resolving: ResolvingService; end(): Promise<void> };
let token: Issued;
beforeEach(async () => {
  world = await World.open();
  const database = await openDatabase(world.databaseUrl);
  const { signing, settings, metrics } = world;
  other = {
    resolving: new ResolvingService(database, signing, settings, metrics, new UseTally()),
    end: () => database.close(),
  };
  token = await world.issue();
});
afterEach(async () => {
  await other.end();
  await world.close();
});

/** What the directory says is applied in this transaction: grace is enabled, disabled or gone; these groups are there. */
async function apply(
  tx: Transaction,
  grace: 'enabled' | 'disabled' | 'gone',
  names: readonly (keyof typeof IDS)[] = ['engineers', 'admins', 'gateways'],
) {
  const person = (username: 'grace' | 'ada', enabled: boolean) => ({
    ...{ id: IDS[username], username, displayName: username, email: null, enabled },
  });
  const users = [person('ada', true), ...(grace === 'gone' ? [] : [person('grace', grace === 'enabled')])];
  const memberOf = (name: string) =>
    name === 'admins' ? [IDS.ada] : name === 'engineers' ? [IDS.grace] : [];
  const groups = names.map((name) => ({
    id: IDS[name],
    name,
    memberIds: memberOf(name).filter((id) => users.some((user) => user.id === id)),
  }));
  const changes = await applyAnswer(tx, { whole: true, users, groups, warnings: [] }, await databaseNow(tx));
  return applyConsequences(tx, changes, 'P30D');
}
const sync = (...said: Parameters<typeof apply> extends [Transaction, ...infer Rest] ? Rest : never) =>
  world.database.transaction((tx) => apply(tx, ...said));
/** More live tokens of this principal, so many that the change of it commits before their rows are written. */
const veryMany = (principalId: string, column: 'user_id' | 'service_account_id') =>
  world.sql(
    `INSERT INTO access_tokens (id, kind, ${column}, name, search_text, profile, audiences, issuer, kid, created_at, created_by,
       expires_at, ends_at)
     SELECT gen_random_uuid(), kind, $1, 'many', 'many', profile, audiences, issuer, kid, created_at, created_by, expires_at, ends_at
     FROM access_tokens, generate_series(1, 1000) WHERE principal_id = $1`,
    [principalId],
  );
const resolves = async ({ value }: Issued = token) => {
  const answers = await Promise.all(
    [world.resolving, other.resolving].map((process) => process.resolveToken(value)),
  );
  return answers.map(({ active }) => active);
};
const reason = async ({ id }: Issued = token) => (await world.resolving.usabilityOf([id])).get(id)?.reason;
const resume = ({ id }: Issued) =>
  world.database.transaction(async (tx) => {
    const locked = await lockToken(tx, id);
    if (locked) await resumeToken(tx, locked, SYSTEM, { reason: null });
  });

const AMOUNTS: [
  string,
  (principalId: string, column: 'user_id' | 'service_account_id') => Promise<unknown>,
][] = [
  ['few', () => Promise.resolve()],
  ['very many', veryMany],
];

describe.each(AMOUNTS)('of a user with %s tokens', (amount, give) => {
  beforeEach(() => give(IDS.grace, 'user_id'));

  it('none resolves from the commit of the disabling on, in any process, and not for a moment later', async () => {
    await world.database.transaction(async (tx) => {
      await apply(tx, 'disabled');
      expect(await resolves()).toEqual([true, true]);
    });
    expect(await resolves()).toEqual([false, false]);
    expect(await reason()).toBe(amount === 'few' ? 'SUSPENDED' : 'PRINCIPAL_DISABLED');
  });

  it('none resolves when the user is enabled, before somebody resumes it', async () => {
    await sync('disabled');
    await world.database.transaction(async (tx) => {
      await apply(tx, 'enabled');
      expect(await resolves()).toEqual([false, false]);
    });
    expect(await resolves()).toEqual([false, false]);
    expect(await reason()).toBe('SUSPENDED');
    await resume(token);
    expect(await resolves()).toEqual([true, true]);
  });

  it('none resolves from the commit of the removal on, nor when the user is back under the same id', async () => {
    await world.database.transaction(async (tx) => {
      await apply(tx, 'gone');
      expect(await resolves()).toEqual([true, true]);
    });
    expect(await resolves()).toEqual([false, false]);
    expect(await reason()).toBe('REVOKED');
    await sync('enabled');
    expect(await resolves()).toEqual([false, false]);
    while (await world.database.transaction(writeWaitingSet)) continue;
    expect(await resolves()).toEqual([false, false]);
  });

  it('none resolves of a user who was disabled, then removed, then back', async () => {
    await sync('disabled');
    await sync('gone');
    await sync('enabled');
    expect(await resolves()).toEqual([false, false]);
    expect(await reason()).toBe('REVOKED');
  });
});

describe.each(AMOUNTS)('of a service account with %s tokens', (_, give) => {
  let nightly: Issued;
  beforeEach(async () => {
    nightly = await world.issue({ principalId: IDS.etl });
    await give(IDS.etl, 'service_account_id');
  });

  it('none resolves while it is orphaned, and all do when its group is back', async () => {
    await sync('enabled', ['admins', 'gateways']);
    expect(await resolves(nightly)).toEqual([false, false]);
    await sync('enabled');
    expect(await resolves(nightly)).toEqual([true, true]);
  });

  it('none ever resolves again when the grace has ended', async () => {
    await sync('enabled', ['admins', 'gateways']);
    await world.database.transaction((tx) => endOrphanGraces(tx, 'PT0S'));
    expect(await reason(nightly)).toBe('REVOKED');
    await sync('enabled');
    expect(await resolves(nightly)).toEqual([false, false]);
    while (await world.database.transaction(writeWaitingSet)) continue;
    expect(await resolves(nightly)).toEqual([false, false]);
  });
});
