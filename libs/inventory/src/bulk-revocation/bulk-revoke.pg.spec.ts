import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openDatabase, type Database } from '@tokenwarden/database';
import { ensureFirstPolicy } from '@tokenwarden/policy';
import { Logs } from '@tokenwarden/telemetry';
import { capTokens } from '@tokenwarden/tokens';
import { SYSTEM, wholeSecond, type Caller } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { BulkRevokeService } from './bulk-revoke.service.js';
import { RevocationWriter } from './revocation-writer.js';
import { SAMPLE_SETTINGS, sessionOf, StoredSamples } from '../../test/stored-samples.js';
import { Traces } from '../../test/stored-traces.js';
import { TokenFilter } from '../token-lists/token-list.types.js';

let server: TestDatabase;
let database: Database;
let samples: StoredSamples;
let traces: Traces;
let service: BulkRevokeService;
let ada: Caller;
let grace: string;
let account: string;
let group: string;

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  samples = new StoredSamples(database);
  traces = new Traces(database);
  // A writer that was never started writes nothing: what is seen here is what the commit alone has done.
  service = new BulkRevokeService(
    database,
    SAMPLE_SETTINGS,
    new RevocationWriter(database, new Logs({ level: 'fatal' })),
  );
  await samples.signingKey();
  group = await samples.group();
  grace = await samples.user('grace', [group]);
  account = await samples.account('etl', [group]);
  ada = sessionOf(await samples.user('ada'), { permissions: ['tokens:revoke'] });
});
afterAll(async () => {
  await database.close();
  await server.close();
});
beforeEach(() => traces.forgetTokens());

const revoke = (
  filter: Partial<TokenFilter>,
  input: { expectedCount?: number; dryRun?: boolean; reason?: string } = {},
  caller = ada,
) =>
  service.revoke(caller, {
    reason: 'the build server was broken into',
    dryRun: false,
    ...input,
    filter: Object.assign(new TokenFilter(), filter),
  });
const refused = (code: string, field: string, message: unknown = expect.anything()) =>
  expect.objectContaining({ code, field, message });

describe('a bulk revocation', () => {
  it('ends every live token that matches, whosever it is, and says how many', async () => {
    const hit = [
      await samples.tokenOfUser(grace, { name: 'ci east' }),
      await samples.tokenOfUser(grace, { name: 'CI west', suspended: true }),
      await samples.tokenOfAccount(account, { name: 'ci north' }),
    ];
    await samples.tokenOfUser(grace, { name: 'laptop' });
    expect(await revoke({ search: 'ci' })).toEqual({ matched: 3, revoked: 3, dryRun: false });
    expect(await traces.revokedIds()).toEqual([...hit].sort());
  });
  it('touches no token that has ended, also where the filter asks for such', async () => {
    await samples.tokenOfUser(grace, { endsAt: '2026-02-01T00:00:00Z' });
    await samples.tokenOfUser(grace, { revoked: true });
    await samples.tokenOfUser(grace, { revoked: true, suspended: true });
    expect(await revoke({ userId: grace })).toEqual({ matched: 0, revoked: 0, dryRun: false });
    expect((await revoke({ status: ['EXPIRED', 'REVOKED'] })).matched).toBe(0);
  });
  it('takes the end of a cap for the end, before the rows say so', async () => {
    await database.transaction(ensureFirstPolicy);
    await samples.tokenOfUser(grace, { name: 'ended', profile: 'ended' });
    const later = await samples.tokenOfUser(grace, { name: 'later', profile: 'later' });
    const cap = { by: SYSTEM, reason: null, policyVersion: 1 };
    const maxima = { ended: 1, later: 25_000_000_000 };
    await database.transaction((tx) =>
      capTokens(tx, { ...cap, enforceFrom: wholeSecond(new Date()), maxima }),
    );
    expect(await revoke({ userId: grace })).toMatchObject({ matched: 1, revoked: 1 });
    expect(await traces.revokedIds()).toEqual([later]);
    expect((await revoke({ kind: 'USER', status: ['ACTIVE', 'REVOKED'] })).matched).toBe(0);
  });
  it('that matches nothing succeeds and leaves nothing behind', async () => {
    const before = await traces.all();
    expect(await revoke({ search: 'nobody has this' }, { expectedCount: 0 })).toEqual({
      matched: 0,
      revoked: 0,
      dryRun: false,
    });
    expect(await traces.all()).toEqual(before);
  });
  it('leaves one event with the filter as it was written, the reason and the count, and one change', async () => {
    await samples.tokenOfUser(grace, { name: 'old', createdAt: '2026-01-01T00:00:00Z' });
    const createdBefore = new Date('2026-01-02T01:00:00+01:00');
    await revoke(
      { userId: grace, createdBefore, status: ['ACTIVE'], groupId: undefined },
      { reason: 'a\nb' },
    );
    expect(await traces.events()).toEqual([
      {
        action: 'tokens.bulk-revoked',
        actor: ada.principal.id,
        target: null,
        details: {
          filter: { userId: grace, createdBefore: '2026-01-02T00:00:00.000Z', status: ['ACTIVE'] },
          reason: 'a\nb',
          count: 1,
          revocationId: expect.any(String),
        },
      },
    ]);
    expect(await traces.changes()).toEqual(['bulk-revocation']);
  });
  it('of more tokens than a list counts is exact', async () => {
    await traces.manyTokens(grace, 12_345);
    expect(await revoke({ userId: grace }, { dryRun: true })).toMatchObject({ matched: 12_345 });
    expect(await revoke({ userId: grace }, { expectedCount: 12_345 })).toMatchObject({ revoked: 12_345 });
    expect(await revoke({ userId: grace })).toMatchObject({ matched: 0 });
  });
  it('takes what an earlier one has hit as ended, before that is in any row', async () => {
    await samples.tokenOfUser(grace, { name: 'one' });
    await samples.tokenOfUser(grace, { name: 'two' });
    expect((await revoke({ search: 'one' })).matched).toBe(1);
    expect(await revoke({ userId: grace }, { dryRun: true })).toMatchObject({ matched: 1 });
    expect(await revoke({ userId: grace })).toMatchObject({ matched: 1, revoked: 1 });
  });
  it('of a group into which the caller does not see hits nothing, for the number would tell who is in it', async () => {
    await samples.tokenOfUser(grace);
    await samples.tokenOfAccount(account);
    expect((await revoke({ groupId: group }, { dryRun: true })).matched).toBe(0);
    const reader = { ...ada, permissions: ['tokens:revoke', 'directory:read'] };
    expect((await revoke({ groupId: group }, {}, reader)).matched).toBe(2);
  });
  it.each([
    ['without a condition', {}],
    ['of conditions that are left out', { ids: undefined, search: undefined }],
  ])('by a filter %s is refused', async (_, filter) => {
    const id = await samples.tokenOfUser(grace);
    for (const dryRun of [true, false])
      await expect(revoke(filter, { dryRun })).rejects.toEqual(refused('INVALID_INPUT', 'filter'));
    expect(await traces.revokedIds()).not.toContain(id);
  });
  it('by a filter that can match nothing hits nothing', async () => {
    await samples.tokenOfUser(grace);
    for (const filter of [{ ids: [] }, { ids: ['x'] }, { status: [] }, { userId: 'x' }])
      expect((await revoke(filter)).matched).toBe(0);
  });
  it('with a reason that holds a token is refused whole', async () => {
    const id = await samples.tokenOfUser(grace);
    const reason = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(86)}`;
    await expect(revoke({ ids: [id] }, { reason })).rejects.toEqual(refused('INVALID_INPUT', 'reason'));
    expect(await traces.revokedIds()).not.toContain(id);
  });
});

describe('a dry run', () => {
  it('counts and changes nothing', async () => {
    await samples.tokenOfUser(grace);
    const before = await traces.all();
    expect(await revoke({ userId: grace }, { dryRun: true })).toEqual({
      matched: 1,
      revoked: 0,
      dryRun: true,
    });
    expect(await traces.all()).toEqual(before);
  });
});

describe('another number than the expected one', () => {
  it.each([
    ['one more', 3],
    ['one less', 1],
    ['none', 0],
  ])('as %s is refused with the number of now, and nothing is changed', async (_, expectedCount) => {
    await samples.tokenOfUser(grace);
    await samples.tokenOfUser(grace);
    const before = await traces.all();
    for (const dryRun of [true, false])
      await expect(revoke({ userId: grace }, { dryRun, expectedCount })).rejects.toEqual(
        refused('VERSION_CONFLICT', 'expectedCount', expect.stringContaining('matches 2 live tokens')),
      );
    expect(await traces.all()).toEqual(before);
    expect((await revoke({ userId: grace }, { expectedCount: 2 })).revoked).toBe(2);
  });
});
