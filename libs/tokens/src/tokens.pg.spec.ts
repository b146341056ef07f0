import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase, rows, type Database, type Transaction } from '@tokenwarden/database';
import type { Author } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import {
  addToken,
  findToken,
  issuanceOf,
  lockToken,
  renameToken,
  resumeToken,
  revokeToken,
  revokeTokensOf,
  suspendToken,
  suspendTokensOf,
  tokenColumns,
  type AccessTokenEntity,
} from './index.js';

const userId = randomUUID();
const grace: Author = {
  actor: { kind: 'USER', id: userId, name: 'grace' },
  actorTokenId: null,
  origin: null,
};
const ada: Author = {
  actor: { kind: 'USER', id: randomUUID(), name: 'ada' },
  actorTokenId: null,
  origin: null,
};
const byOwner = { reason: null, withScope: false };
const byScope = { reason: 'lost laptop', withScope: true };

let template: TestDatabase;
let database: Database;

beforeAll(async () => {
  template = await freshDatabase();
  database = await openDatabase(template.url);
  await database.transaction(async (tx) => {
    await rows(
      tx,
      `INSERT INTO users (id, username, canonical_username, display_name, search_text) VALUES ($1, 'grace', 'grace', 'Grace', 'grace')`,
      [userId],
    );
    await rows(
      tx,
      `INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from)
       VALUES ('tokenwarden-test', 'ES256', '{}', '', clock_timestamp())`,
    );
  });
});
afterAll(async () => {
  await database?.close();
  await template?.close();
});

/** Starts an hour ago; ends an hour from now, or as told. */
async function issued(
  facts: { principalId?: string; endsInSeconds?: number } = {},
): Promise<AccessTokenEntity> {
  const second = Math.floor(Date.now() / 1000) * 1000;
  return database.transaction((tx) =>
    addToken(
      tx,
      {
        id: randomUUID(),
        kind: 'USER',
        principalId: facts.principalId ?? userId,
        name: 'Straße',
        description: null,
        profile: 'interactive',
        scopes: null,
        audiences: ['https://tokens.example'],
        issuer: 'https://tokens.example',
        kid: 'tokenwarden-test',
        createdAt: new Date(second - 3_600_000),
        expiresAt: new Date(second + (facts.endsInSeconds ?? 3_600) * 1000),
      },
      grace,
    ),
  );
}

async function change(
  id: string,
  work: (tx: Transaction, token: AccessTokenEntity) => Promise<AccessTokenEntity>,
): Promise<AccessTokenEntity> {
  return database.transaction(async (tx) => {
    const token = await lockToken(tx, id);
    if (!token) throw new Error('There is no such token.');
    return work(tx, token);
  });
}

const actionsOf = async (id: string) =>
  (
    await database.read((tx) =>
      rows<{ action: string }>(
        tx,
        'SELECT action FROM audit_pending_events WHERE target_id = $1 ORDER BY arrival',
        [id],
      ),
    )
  ).map((event) => event.action);

const changesOf = async (id: string) =>
  database.read((tx) =>
    rows(tx, `SELECT 1 FROM changes WHERE kind = 'token' AND $1 = ANY (subject_ids)`, [id]),
  );

async function newUser(): Promise<string> {
  const id = randomUUID();
  await database.transaction((tx) =>
    rows(
      tx,
      `INSERT INTO users (id, username, canonical_username, display_name, search_text) VALUES ($1, $2, $2, 'Somebody', 'somebody')`,
      [id, id],
    ),
  );
  return id;
}

describe('a token that was added', () => {
  it('is found as it was written', async () => {
    const token = await issued();
    expect(await database.read((tx) => findToken(tx, token.id))).toEqual(token);
    expect(token).toMatchObject({ principalId: userId, serviceAccountId: null, createdBy: grace.actor });
    expect(token.endsAt).toEqual(token.expiresAt);
  });
  it('is searched for by its folded name', async () => expect((await issued()).searchText).toBe('strasse'));
  it('leaves one event and one place in the change log', async () => {
    const { id } = await issued();
    expect(await actionsOf(id)).toEqual(['token.created']);
    expect(await changesOf(id)).toHaveLength(1);
  });
  it('is not found by what is no id', async () =>
    expect(await database.read((tx) => findToken(tx, "'; DROP TABLE"))).toBeNull());
  it('has every column of the table in its row', async () => {
    const columns = await database.read((tx) =>
      rows<{ name: string }>(
        tx,
        `SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'access_tokens'`,
      ),
    );
    for (const { name } of columns) expect(tokenColumns('t')).toContain(`t.${name} AS`);
  });
});

describe('renaming a token', () => {
  it('changes what is given and says both sides in the trail', async () => {
    const { id } = await issued();
    const renamed = await change(id, (tx, token) => renameToken(tx, token, { name: 'desk' }, grace));
    expect(renamed).toMatchObject({ name: 'desk', searchText: 'desk', description: null });
    expect(await actionsOf(id)).toEqual(['token.created', 'token.updated']);
    expect(await changesOf(id)).toHaveLength(2);
  });
  it('to what it is called already records nothing', async () => {
    const { id } = await issued();
    await change(id, (tx, token) => renameToken(tx, token, { name: token.name, description: null }, grace));
    expect(await actionsOf(id)).toEqual(['token.created']);
  });
  it('refuses a name that is a token itself', async () => {
    const { id } = await issued();
    const name = `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl`;
    await expect(change(id, (tx, token) => renameToken(tx, token, { name }, grace))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field: 'name',
    });
  });
});

describe('suspending and resuming', () => {
  it('repeated records nothing new and gives the token', async () => {
    const { id } = await issued();
    const first = await change(id, (tx, token) => suspendToken(tx, token, grace, byOwner));
    const again = await change(id, (tx, token) => suspendToken(tx, token, ada, byOwner));
    expect(again).toEqual(first);
    const resumed = await change(id, (tx, token) => resumeToken(tx, token, grace, { reason: null }));
    expect(resumed).toMatchObject({ suspendedAt: null, suspendedBy: null, suspendedWithScope: false });
    await change(id, (tx, token) => resumeToken(tx, token, grace, { reason: null }));
    expect(await actionsOf(id)).toEqual(['token.created', 'token.suspended', 'token.resumed']);
    expect(await changesOf(id)).toHaveLength(3);
  });
  it('becomes the administrator’s when the owner was first', async () => {
    const { id } = await issued();
    await change(id, (tx, token) => suspendToken(tx, token, grace, byOwner));
    const taken = await change(id, (tx, token) => suspendToken(tx, token, ada, byScope));
    expect(taken).toMatchObject({ suspendedWithScope: true, suspendedBy: ada.actor });
    const kept = await change(id, (tx, token) => suspendToken(tx, token, grace, byOwner));
    expect(kept).toEqual(taken);
  });
  it('is refused once the token has ended', async () => {
    const expired = await issued({ endsInSeconds: -1 });
    const revoked = await issued();
    await change(revoked.id, (tx, token) => revokeToken(tx, token, grace, null));
    for (const { id } of [expired, revoked]) {
      const refused = { code: 'TOKEN_NOT_ACTIVE' };
      await expect(change(id, (tx, token) => suspendToken(tx, token, grace, byOwner))).rejects.toMatchObject(
        refused,
      );
      await expect(change(id, (tx, token) => resumeToken(tx, token, grace, byOwner))).rejects.toMatchObject(
        refused,
      );
    }
  });
});

describe('revoking', () => {
  it('repeated keeps the first revocation and records nothing new', async () => {
    const { id } = await issued();
    const first = await change(id, (tx, token) => revokeToken(tx, token, grace, 'leaked'));
    expect(first).toMatchObject({ revokedBy: grace.actor, revokedReason: 'leaked' });
    expect(await change(id, (tx, token) => revokeToken(tx, token, ada, 'again'))).toEqual(first);
    expect(await actionsOf(id)).toEqual(['token.created', 'token.revoked']);
  });
  it('of an expired token succeeds and is recorded', async () => {
    const { id } = await issued({ endsInSeconds: -1 });
    await change(id, (tx, token) => revokeToken(tx, token, grace, null));
    expect(await actionsOf(id)).toEqual(['token.created', 'token.revoked']);
  });
  it('at the same time by many leaves one event', async () => {
    const { id } = await issued();
    await Promise.all(
      Array.from({ length: 8 }, () => change(id, (tx, token) => revokeToken(tx, token, grace, null))),
    );
    expect(await actionsOf(id)).toEqual(['token.created', 'token.revoked']);
  });
});

describe('the tokens of one principal', () => {
  it('are suspended by SYSTEM, those that were ACTIVE, each with its event', async () => {
    const principalId = await newUser();
    const active = await issued({ principalId });
    const suspended = await issued({ principalId });
    const expired = await issued({ principalId, endsInSeconds: -1 });
    await change(suspended.id, (tx, token) => suspendToken(tx, token, ada, byScope));
    const hit = await database.transaction((tx) => suspendTokensOf(tx, principalId, null));
    expect(hit.map((token) => token.id)).toEqual([active.id]);
    expect(hit[0]).toMatchObject({ suspendedWithScope: false, suspendedBy: { kind: 'SYSTEM' } });
    expect(await actionsOf(active.id)).toEqual(['token.created', 'token.suspended']);
    expect(await actionsOf(expired.id)).toEqual(['token.created']);
  });
  it('are revoked, those that were live, each with its event', async () => {
    const principalId = await newUser();
    const active = await issued({ principalId });
    const suspended = await issued({ principalId });
    const expired = await issued({ principalId, endsInSeconds: -1 });
    const foreign = await issued({ principalId: await newUser() });
    await change(suspended.id, (tx, token) => suspendToken(tx, token, grace, byOwner));
    const hit = await database.transaction((tx) => revokeTokensOf(tx, principalId, ada, 'gone'));
    expect(hit.map((token) => token.id).sort()).toEqual([active.id, suspended.id].sort());
    for (const { id } of [active, suspended]) expect((await actionsOf(id)).at(-1)).toBe('token.revoked');
    for (const { id } of [expired, foreign]) expect(await actionsOf(id)).toEqual(['token.created']);
  });
  it('are counted while live, up to a bound', async () => {
    const principalId = await newUser();
    for (const endsInSeconds of [60, 60, -1]) await issued({ principalId, endsInSeconds });
    const counted = (liveBound: number) =>
      database.read((tx) => issuanceOf(tx, principalId, { liveBound, nth: 1 }));
    expect(await counted(10)).toMatchObject({ live: 2 });
    expect(await counted(1)).toMatchObject({ live: 1 });
  });
  it('have a third from the end only when there are three', async () => {
    const principalId = await newUser();
    const { createdAt } = await issued({ principalId });
    await issued({ principalId });
    const counted = (nth: number) =>
      database.read((tx) => issuanceOf(tx, principalId, { liveBound: 1, nth }));
    expect(await counted(3)).toMatchObject({ nthLastCreatedAt: null });
    expect(await counted(2)).toMatchObject({ nthLastCreatedAt: createdAt });
  });
});
