import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Loaders } from '@tokenwarden/api';
import { openDatabase, type Database } from '@tokenwarden/database';
import { Logs } from '@tokenwarden/telemetry';
import { addToken, holdOffBulkRevocations } from '@tokenwarden/tokens';
import { authorOf, type Caller, type TokenStatus } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { BulkRevokeService } from './bulk-revoke.service.js';
import { RevocationWriter } from './revocation-writer.js';
import { SAMPLE_SETTINGS, StoredSamples } from '../../test/stored-samples.js';
import { Traces } from '../../test/stored-traces.js';
import { viewerCanOn } from '../../test/viewer-can.js';
import { countByStatus, countEnding } from '../gauges/token-gauges.queries.js';
import { TokenFilter, TokenListArgs } from '../token-lists/token-list.types.js';
import { TokenOperationsService } from '../token-operations/token-operations.service.js';
import { TokenViews } from '../token-views/token-views.js';

const ROUNDS = 25;
const ISSUERS = 6;

let server: TestDatabase;
let database: Database;
let samples: StoredSamples;
let traces: Traces;
let views: TokenViews;
let operations: TokenOperationsService;
let service: BulkRevokeService;
let ada: Caller;
let grace: Caller;

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url, { poolSize: 12 });
  samples = new StoredSamples(database);
  traces = new Traces(database);
  views = new TokenViews(database, SAMPLE_SETTINGS);
  operations = new TokenOperationsService(database);
  // A writer that was never started writes nothing: the rows say nothing of the revocation here.
  const writer = new RevocationWriter(database, new Logs({ level: 'fatal' }));
  service = new BulkRevokeService(database, SAMPLE_SETTINGS, writer);
  await samples.signingKey();
  ({ grace, ada } = await samples.graceAndAda());
});
afterAll(async () => {
  await database.close();
  await server.close();
});
beforeEach(() => traces.forgetTokens());

const revokeAllOfGrace = () =>
  service.revoke(ada, {
    filter: Object.assign(new TokenFilter(), { userId: grace.principal.id }),
    reason: 'gone',
    dryRun: false,
  });

describe('a token that a bulk revocation has hit, before its row says so,', () => {
  let active: string;
  let suspended: string;
  let other: string;
  const all = () => ({ active, suspended });

  beforeEach(async () => {
    active = await samples.tokenOfUser(grace.principal.id);
    suspended = await samples.tokenOfUser(grace.principal.id, { suspended: true });
    other = await samples.tokenOfUser(ada.principal.id);
    expect(await revokeAllOfGrace()).toMatchObject({ revoked: 2 });
    expect(await traces.writtenRows()).toBe(0);
  });

  it.each(['active', 'suspended'] as const)(
    'is REVOKED where it was %s, with who, when and why',
    async (which) => {
      const token = await views.visibleToken(grace, all()[which], new Loaders());
      expect(token).toMatchObject({
        status: 'REVOKED',
        revokedAt: expect.any(Date),
        revokedBy: { id: ada.principal.id },
        revokedReason: 'gone',
      });
    },
  );
  it('is in lists and counts among the revoked, and not among the live', async () => {
    expect(await listed()).toEqual({ [active]: 'REVOKED', [suspended]: 'REVOKED', [other]: 'ACTIVE' });
    expect(await listed('REVOKED')).toEqual({ [active]: 'REVOKED', [suspended]: 'REVOKED' });
    expect(await listed('ACTIVE', 'SUSPENDED')).toEqual({ [other]: 'ACTIVE' });
  });
  it('is in the lists of its owner among the revoked', async () => {
    const args = argsOf(['REVOKED']);
    const own = await views.listOf(ada, grace.principal.id, args, new Loaders());
    expect(own.nodes.map(({ id }) => id).sort()).toEqual([active, suspended].sort());
    expect(await own.totalCount).toBe(2);
  });
  it('is counted as revoked by the gauges, and not among those that end soon', async () => {
    const counts = await database.read((tx) => countByStatus(tx));
    expect(counts.sort((a, b) => (a.status < b.status ? -1 : 1))).toEqual([
      { kind: 'USER', status: 'ACTIVE', count: 1 },
      { kind: 'USER', status: 'REVOKED', count: 2 },
    ]);
    await samples.tokenOfUser(grace.principal.id, { endsAt: inDays(1 / 2) });
    const before = await database.read((tx) => countEnding(tx));
    expect(before.map(({ count }) => count)).toEqual([1, 1, 1]);
    await revokeAllOfGrace();
    expect(await database.read((tx) => countEnding(tx))).toEqual([]);
  });
  it('leaves its owner nothing to do but to rename it', async () => {
    for (const id of Object.values(all())) {
      const token = await views.visibleToken(grace, id, new Loaders());
      expect(token && (await viewerCanOn(database, views).viewerCan(token, grace, new Loaders()))).toEqual([
        'UPDATE',
      ]);
    }
  });
  it('is neither suspended nor resumed any more', async () => {
    for (const id of Object.values(all()))
      for (const caller of [grace, ada])
        for (const operation of ['suspend', 'resume'] as const)
          await expect(operations[operation](caller, { id })).rejects.toMatchObject({
            code: 'TOKEN_NOT_ACTIVE',
          });
    expect(await actions()).toEqual(['tokens.bulk-revoked']);
  });
  it('stays revoked as it was, and records nothing new, when it is revoked once more', async () => {
    const again = await operations.revoke(grace, { id: active, reason: 'mine' });
    expect(again).toMatchObject({
      status: 'REVOKED',
      revokedReason: 'gone',
      revokedBy: { id: ada.principal.id },
    });
    expect(await actions()).toEqual(['tokens.bulk-revoked']);
  });
  it('is renamed like every ended token, and shown as revoked then', async () => {
    const renamed = await operations.update(grace, { id: active, name: 'was mine' });
    expect(renamed).toMatchObject({ name: 'was mine', status: 'REVOKED', revokedReason: 'gone' });
  });
});

describe('a bulk revocation while tokens are issued', () => {
  it(`hits, in ${ROUNDS} rounds, every token that stands before it in the trail, and none behind it`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await traces.forgetTokens();
      await issue();
      const answered: string[] = [];
      let isOver = false;
      const issuers = Array.from({ length: ISSUERS }, async () => {
        while (!isOver) answered.push(await issue());
      });
      await new Promise((resolve) => setTimeout(resolve, (round * 7) % 30));
      const answeredBefore = [...answered];
      const { revoked } = await revokeAllOfGrace();
      isOver = true;
      await Promise.all(issuers);
      const hit = new Set(await traces.revokedIds());
      expect(answeredBefore.filter((id) => !hit.has(id))).toEqual([]);
      const trail = await traces.events();
      const place = trail.findIndex(({ action }) => action === 'tokens.bulk-revoked');
      const before = trail.slice(0, place).map(({ target }) => target);
      expect(new Set(before)).toEqual(hit);
      expect(revoked).toBe(hit.size);
    }
  });
});

describe('a bulk revocation while a token is suspended, resumed and renamed', () => {
  it('comes before or after each, and nothing of it is undone', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await traces.forgetTokens();
      const id = await samples.tokenOfUser(grace.principal.id);
      const attempts = (['suspend', 'resume', 'suspend', 'resume'] as const).map((operation) =>
        operations[operation](grace, { id }).then(
          () => 'done',
          (error: unknown) => error,
        ),
      );
      await Promise.all([revokeAllOfGrace(), operations.update(grace, { id, name: `${round}` })]);
      const outcomes = await Promise.all(attempts);
      const refusals = outcomes.filter((outcome) => outcome !== 'done');
      expect(refusals).toEqual(refusals.map(() => expect.objectContaining({ code: 'TOKEN_NOT_ACTIVE' })));
      expect((await views.visibleToken(grace, id, new Loaders()))?.status).toBe('REVOKED');
      const trail = await actions();
      const later = trail.slice(trail.indexOf('tokens.bulk-revoked') + 1);
      expect(later.filter((action) => action !== 'token.updated')).toEqual([]);
    }
  });
});

/** As issuing does it: bulk revocations are held off before the token is made. */
async function issue(): Promise<string> {
  const id = randomUUID();
  await database.transaction(async (tx) => {
    await holdOffBulkRevocations(tx);
    await addToken(
      tx,
      {
        id,
        kind: 'USER',
        principalId: grace.principal.id,
        name: 'issued',
        description: null,
        profile: 'interactive',
        scopes: null,
        audiences: ['https://here.example'],
        issuer: 'http://127.0.0.1:3000',
        kid: 'tokenwarden-sample',
        createdAt: new Date('2026-01-01T00:00:00Z'),
        expiresAt: new Date('2999-01-01T00:00:00Z'),
      },
      authorOf(grace),
    );
  });
  return id;
}

function argsOf(status: TokenStatus[]): TokenListArgs {
  const filter = Object.assign(new TokenFilter(), status.length === 0 ? {} : { status });
  return Object.assign(new TokenListArgs(), { filter });
}

async function listed(...status: TokenStatus[]): Promise<Record<string, TokenStatus>> {
  const { nodes, totalCount } = await views.list(ada, argsOf(status), new Loaders());
  expect(await totalCount).toBe(nodes.length);
  return Object.fromEntries(nodes.map((token) => [token.id, token.status]));
}

async function actions(): Promise<string[]> {
  return (await traces.events()).map(({ action }) => action);
}

function inDays(days: number): string {
  return new Date(Math.floor(Date.now() / 1_000) * 1_000 + days * 86_400_000).toISOString();
}
