import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import type { Caller } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { sessionOf, StoredSamples } from '../../test/stored-samples.js';
import { TokenOperationsService } from './token-operations.service.js';

const UNKNOWN = '00000000-0000-4000-8000-000000000000';

let server: TestDatabase;
let database: Database;
let samples: StoredSamples;
let operations: TokenOperationsService;
let owner: Caller;
let member: Caller;
let stranger: Caller;
let revoker: Caller;
let user: string;
let account: string;

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  samples = new StoredSamples(database);
  operations = new TokenOperationsService(database);
  await samples.signingKey();
  const group = await samples.group();
  user = await samples.user('grace');
  account = await samples.account('etl', [group]);
  owner = sessionOf(user);
  member = sessionOf(await samples.user('linus', [group]), { groupIds: [group] });
  stranger = sessionOf(await samples.user('edsger'));
  revoker = sessionOf(await samples.user('ada'), { permissions: ['tokens:revoke'] });
});
afterAll(async () => {
  await database.close();
  await server.close();
});

const byToken = (tokenId: string, facts: Partial<Caller> = {}): Caller =>
  sessionOf(user, { carrier: 'token', tokenId, sessionId: null, ...facts });
const refused = (code: string, hidden?: string) =>
  expect.objectContaining({
    code,
    ...(hidden ? { refusedTarget: expect.objectContaining({ id: hidden }) } : {}),
  });
const run = (sql: string, parameters: unknown[] = []) => database.read((tx) => rows(tx, sql, parameters));
const written = async (id: string) => {
  const events = await run(
    `SELECT action, details FROM audit_pending_events WHERE target_id = $1 ORDER BY arrival`,
    [id],
  );
  const changes = await run(`SELECT FROM changes WHERE kind = 'token' AND $1 = ANY (subject_ids)`, [id]);
  return { events, changes: changes.length };
};

describe('a token that the caller does not see', () => {
  it('is answered as if it did not exist, and the refusal knows of it', async () => {
    const id = await samples.tokenOfUser(user);
    for (const attempt of [
      operations.update(stranger, { id, name: 'mine' }),
      operations.revoke(stranger, { id }),
      operations.suspend(stranger, { id }),
      operations.resume(stranger, { id }),
    ])
      await expect(attempt).rejects.toEqual(refused('NOT_FOUND', id));
    expect(await written(id)).toEqual({ events: [], changes: 0 });
  });
  it('that does not exist has no target, whatever the id looks like', async () => {
    for (const id of [UNKNOWN, 'x', '', "'"])
      await expect(operations.revoke(revoker, { id })).rejects.toEqual(
        expect.objectContaining({ code: 'NOT_FOUND', field: 'id', refusedTarget: undefined }),
      );
  });
  it('can be stopped with tokens:revoke all the same, but not renamed', async () => {
    const id = await samples.tokenOfUser(user);
    expect((await operations.suspend(revoker, { id })).status).toBe('SUSPENDED');
    expect((await operations.resume(revoker, { id })).status).toBe('ACTIVE');
    await expect(operations.update(revoker, { id, name: 'theirs' })).rejects.toEqual(
      refused('NOT_FOUND', id),
    );
    expect((await operations.revoke(revoker, { id, reason: 'leaked' })).revokedReason).toBe('leaked');
  });
});

describe('a rename', () => {
  it('changes what is given, and null takes the description away', async () => {
    const id = await samples.tokenOfUser(user, { name: 'old' });
    expect(await operations.update(owner, { id, description: 'for the night' })).toMatchObject({
      name: 'old',
      description: 'for the night',
    });
    expect(await operations.update(owner, { id, name: 'new', description: null })).toMatchObject({
      name: 'new',
      description: null,
    });
  });
  it('records nothing where nothing changes', async () => {
    const id = await samples.tokenOfUser(user, { name: 'same' });
    await operations.update(owner, { id, name: 'same' });
    await operations.update(owner, { id });
    expect((await written(id)).events).toEqual([]);
  });
  it('of an account token is for members alone, whoever sees it', async () => {
    const id = await samples.tokenOfAccount(account);
    expect((await operations.update(member, { id, name: 'nightly' })).name).toBe('nightly');
    const reader = sessionOf(user, { permissions: ['*:*'] });
    await expect(operations.update(reader, { id, name: 'x' })).rejects.toEqual(refused('NOT_A_MEMBER', id));
  });
  it('of a user token is for its owner alone', async () => {
    const id = await samples.tokenOfUser(user);
    const reader = { ...stranger, permissions: ['*:*'] };
    await expect(operations.update(reader, { id, name: 'x' })).rejects.toEqual(refused('FORBIDDEN', id));
  });
});

describe('a revocation', () => {
  it('is final, with its event and its place in the change log; repeated it records nothing new', async () => {
    const id = await samples.tokenOfUser(user);
    expect(await operations.revoke(owner, { id, reason: 'laptop lost' })).toMatchObject({
      status: 'REVOKED',
    });
    expect(await operations.revoke(revoker, { id, reason: 'again' })).toMatchObject({
      revokedReason: 'laptop lost',
    });
    expect(await written(id)).toEqual({
      events: [{ action: 'token.revoked', details: { reason: 'laptop lost' } }],
      changes: 1,
    });
    await expect(operations.suspend(owner, { id })).rejects.toEqual(refused('TOKEN_NOT_ACTIVE'));
    await expect(operations.resume(owner, { id })).rejects.toEqual(refused('TOKEN_NOT_ACTIVE'));
  });
  it('reaches an expired token, and one that a member may manage', async () => {
    const expired = await samples.tokenOfUser(user, { endsAt: '2026-02-01T00:00:00Z' });
    expect((await operations.revoke(owner, { id: expired })).status).toBe('REVOKED');
    const id = await samples.tokenOfAccount(account);
    expect((await operations.revoke(member, { id })).status).toBe('REVOKED');
  });
  it('by token reaches that very token and no other of its owner', async () => {
    const [self, sibling] = [await samples.tokenOfUser(user), await samples.tokenOfUser(user)];
    await expect(operations.revoke(byToken(self), { id: sibling })).rejects.toEqual(
      refused('NOT_FOUND', sibling),
    );
    await expect(operations.suspend(byToken(self), { id: self })).rejects.toEqual(refused('FORBIDDEN', self));
    await expect(operations.update(byToken(self), { id: self, name: 'x' })).rejects.toEqual(
      refused('FORBIDDEN', self),
    );
    expect((await operations.revoke(byToken(self), { id: self })).status).toBe('REVOKED');
  });
  it('with a reason that holds a token is refused, and nothing is changed', async () => {
    const id = await samples.tokenOfUser(user);
    const reason = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(86)}`;
    await expect(operations.revoke(owner, { id, reason })).rejects.toEqual(
      expect.objectContaining({ code: 'INVALID_INPUT', field: 'reason' }),
    );
    expect(await written(id)).toEqual({ events: [], changes: 0 });
  });
  it('races with itself to one event', async () => {
    const id = await samples.tokenOfUser(user);
    await Promise.all(Array.from({ length: 8 }, () => operations.revoke(owner, { id })));
    expect((await written(id)).events).toHaveLength(1);
  });
});

describe('a resumption', () => {
  it('lifts a suspension of the owner, but not one that somebody made with tokens:revoke alone', async () => {
    const id = await samples.tokenOfUser(user);
    await operations.suspend(owner, { id });
    expect((await operations.resume(owner, { id })).status).toBe('ACTIVE');
    await operations.suspend(owner, { id });
    await operations.suspend(revoker, { id });
    await expect(operations.resume(owner, { id })).rejects.toEqual(refused('FORBIDDEN', id));
    expect((await operations.resume(revoker, { id })).status).toBe('ACTIVE');
  });
  it('waits until the owner is active again', async () => {
    const other = await samples.user('barbara');
    const id = await samples.tokenOfUser(other, { suspended: true });
    const ended = await samples.tokenOfUser(other, { suspended: true, endsAt: '2026-02-01T00:00:00Z' });
    await run(`UPDATE users SET state = 'DISABLED' WHERE id = $1`, [other]);
    await expect(operations.resume(revoker, { id })).rejects.toEqual(refused('PRINCIPAL_NOT_ACTIVE'));
    await expect(operations.resume(revoker, { id: ended })).rejects.toEqual(refused('TOKEN_NOT_ACTIVE'));
    await run(`UPDATE users SET state = 'ACTIVE' WHERE id = $1`, [other]);
    expect((await operations.resume(revoker, { id })).status).toBe('ACTIVE');
  });
  it.each(['suspended_at', 'orphaned_at', 'deleted_at'])('waits while the account has %s', async (column) => {
    const own = await samples.account(`account with ${column}`);
    const id = await samples.tokenOfAccount(own, { suspended: true });
    await run(`UPDATE service_accounts SET ${column} = now() WHERE id = $1`, [own]);
    await expect(operations.resume(revoker, { id })).rejects.toEqual(refused('PRINCIPAL_NOT_ACTIVE'));
  });
  it('says nothing of the owner to whoever does not see the token', async () => {
    const other = await samples.user('alan');
    const id = await samples.tokenOfUser(other, { suspended: true });
    await run(`UPDATE users SET state = 'DISABLED' WHERE id = $1`, [other]);
    await expect(operations.resume(stranger, { id })).rejects.toEqual(refused('NOT_FOUND', id));
  });
});
