import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, type Transaction } from '@tokenwarden/database';
import { NOBODY, unavailable, type Caller } from '@tokenwarden/vocabulary';
import { World } from '../../test/world.js';
import type { IssuedToken } from '../token-issuer.js';

let world: World;
let groupId: string;
let grace: Caller;
beforeAll(async () => {
  world = await World.begin();
  groupId = await world.group(['dataset/*:read']);
  grace = await world.person({ groupIds: [groupId] });
});
afterAll(() => world.end());

/** Commits, and never hears of it. */
class LosingDatabase extends Database {
  override async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    await super.transaction(work);
    throw unavailable('The answer of the commit never came.');
  }
}

let keys = 0;
const newKey = () => `retry ${(keys += 1)}`;
const create = (asked: object, caller = grace, on = world.issuing) =>
  on.issueUserToken(caller, { name: 'laptop', ...asked });
const aged = (idempotencyKey: string, interval: string) =>
  world.sql(`UPDATE idempotency_keys SET created_at = created_at - $2::interval WHERE key = $1`, [
    idempotencyKey,
    interval,
  ]);
const claimsOf = ({ value }: IssuedToken) => world.signing.verify(value ?? '')?.claims;
const conflict = { code: 'IDEMPOTENCY_CONFLICT', field: 'idempotencyKey' };

describe('a repeated request', () => {
  it('gives the same token, and its value again with the same claims', async () => {
    const idempotencyKey = newKey();
    const input = { idempotencyKey, scopes: ['dataset/a:read', 'dataset/b:read'], lifetime: 'P1D' };
    const first = await create(input);
    const again = await create({ ...input, scopes: ['dataset/b:read', 'dataset/a:read', 'dataset/a:read'] });
    expect(again.token).toEqual(first.token);
    expect(claimsOf(again)).toEqual(claimsOf(first));
    expect(claimsOf(again)).toMatchObject({ jti: first.token.id });
    expect(again.value).not.toBe(first.value);
    const events = await world.sql('SELECT FROM audit_pending_events WHERE target_id = $1', [first.token.id]);
    expect(events).toHaveLength(1);
  });
  it('gives its value to the last moment of ten minutes, and the token for a day', async () => {
    const idempotencyKey = newKey();
    const { token } = await create({ idempotencyKey });
    await aged(idempotencyKey, '9 minutes 55 seconds');
    expect(await create({ idempotencyKey })).toMatchObject({
      token: { id: token.id },
      value: expect.any(String),
    });
    await aged(idempotencyKey, '10 seconds');
    expect(await create({ idempotencyKey })).toMatchObject({ token: { id: token.id }, value: null });
    await aged(idempotencyKey, '23 hours 49 minutes');
    expect((await create({ idempotencyKey })).token.id).toBe(token.id);
    await aged(idempotencyKey, '2 minutes');
    expect((await create({ idempotencyKey })).token.id).not.toBe(token.id);
  });
  it('gives no value once the token has ended, or its key was withdrawn', async () => {
    for (const state of [`revoked_at = now(), revoked_by = '{}'`, 'ends_at = created_at']) {
      const idempotencyKey = newKey();
      const { token } = await create({ idempotencyKey });
      await world.sql(`UPDATE access_tokens SET ${state} WHERE id = $1`, [token.id]);
      expect(await create({ idempotencyKey })).toMatchObject({ token: { id: token.id }, value: null });
    }
    const other = await World.begin();
    try {
      const ada = await other.person();
      await create({ idempotencyKey: 'k' }, ada, other.issuing);
      await other.sql('UPDATE signing_keys SET withdrawn_at = clock_timestamp()');
      await other.signing.reread();
      expect((await create({ idempotencyKey: 'k' }, ada, other.issuing)).value).toBeNull();
    } finally {
      await other.end();
    }
  });
  it('is told where the token was purged', async () => {
    const idempotencyKey = newKey();
    const { token } = await create({ idempotencyKey });
    await world.sql('DELETE FROM access_tokens WHERE id = $1', [token.id]);
    await expect(create({ idempotencyKey })).rejects.toMatchObject({
      code: 'TOKEN_NOT_ACTIVE',
      field: 'idempotencyKey',
    });
  });
  it('of a rotation gives the successor, whatever has become of the old token', async () => {
    const { token: old } = await create({});
    const input = { id: old.id, overlap: 'PT0S', idempotencyKey: newKey() };
    const first = await world.rotation.rotate(grace, input);
    const again = await world.rotation.rotate(grace, input);
    expect(again.token.id).toBe(first.token.id);
    expect(claimsOf(again)).toEqual(claimsOf(first));
  });
  it('of a rotation gives the successor and its value where the old token was purged, and that alone', async () => {
    const { token: old } = await create({});
    const input = { id: old.id, overlap: 'PT0S', idempotencyKey: newKey() };
    const first = await world.rotation.rotate(grace, input);
    await world.sql('DELETE FROM access_tokens WHERE id = $1', [old.id]);
    const again = await world.rotation.rotate(grace, input);
    expect(again.token.id).toBe(first.token.id);
    expect(claimsOf(again)).toEqual(claimsOf(first));
    const notFound = { code: 'NOT_FOUND', field: 'id' };
    for (const other of [
      { ...input, overlap: 'PT1S' },
      { ...input, idempotencyKey: newKey() },
      { ...input, idempotencyKey: undefined },
      { ...input, id: NOBODY },
    ]) {
      await expect(world.rotation.rotate(grace, other)).rejects.toMatchObject(notFound);
    }
    await expect(world.rotation.rotate(await world.person(), input)).rejects.toMatchObject(notFound);
    await aged(input.idempotencyKey, '11 minutes');
    expect(await world.rotation.rotate(grace, input)).toMatchObject({
      token: { id: first.token.id },
      value: null,
    });
    await world.sql('DELETE FROM access_tokens WHERE id = $1', [first.token.id]);
    await expect(world.rotation.rotate(grace, input)).rejects.toMatchObject(notFound);
  });
  it('of a rotation of a purged token gives nothing to who is no member any more', async () => {
    const linus = await world.person({ groupIds: [groupId] });
    const accountId = await world.account([groupId]);
    const { token } = await world.issuing.issueServiceAccountToken(linus, accountId, { name: 'nightly' });
    const rotation = { id: token.id, idempotencyKey: newKey() };
    const { token: successor } = await world.rotation.rotate(linus, rotation);
    await world.sql('DELETE FROM access_tokens WHERE id = $1', [token.id]);
    expect((await world.rotation.rotate(linus, rotation)).token.id).toBe(successor.id);
    await world.sql('DELETE FROM group_members WHERE user_id = $1', [linus.principal.id]);
    await expect(world.rotation.rotate(linus, rotation)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      field: 'id',
    });
  });
  it('of who is no member any more gives nothing', async () => {
    const linus = await world.person({ groupIds: [groupId] });
    const accountId = await world.account([groupId]);
    const input = { name: 'nightly', idempotencyKey: newKey() };
    const { token } = await world.issuing.issueServiceAccountToken(linus, accountId, input);
    const rotation = { id: token.id, idempotencyKey: newKey() };
    await world.rotation.rotate(linus, rotation);
    await world.sql('DELETE FROM group_members WHERE user_id = $1', [linus.principal.id]);
    const notFound = { code: 'NOT_FOUND' };
    await expect(world.issuing.issueServiceAccountToken(linus, accountId, input)).rejects.toMatchObject(
      notFound,
    );
    await expect(world.rotation.rotate(linus, rotation)).rejects.toMatchObject(notFound);
  });
});

describe('a key', () => {
  it.each([`tws_${'a'.repeat(43)}`, `of eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(20)}`])(
    'that holds a secret, as %s, is refused by name and kept nowhere',
    async (idempotencyKey) => {
      const refusal = { code: 'INVALID_INPUT', field: 'idempotencyKey' };
      await expect(create({ idempotencyKey })).rejects.toMatchObject(refusal);
      const { token } = await create({});
      await expect(world.rotation.rotate(grace, { id: token.id, idempotencyKey })).rejects.toMatchObject(
        refusal,
      );
      expect(await world.sql('SELECT FROM idempotency_keys WHERE key = $1', [idempotencyKey])).toEqual([]);
    },
  );
  it('with another input, or for another operation, is a conflict', async () => {
    const idempotencyKey = newKey();
    const { token } = await create({ idempotencyKey });
    await expect(create({ idempotencyKey, name: 'other' })).rejects.toMatchObject(conflict);
    await expect(world.rotation.rotate(grace, { id: token.id, idempotencyKey })).rejects.toMatchObject(
      conflict,
    );
    const accountId = await world.account([groupId]);
    const asked = { name: 'laptop', idempotencyKey };
    const ofAccount = world.issuing.issueServiceAccountToken(grace, accountId, asked);
    await expect(ofAccount).rejects.toMatchObject(conflict);
  });
  it('of one principal is nothing to another', async () => {
    const idempotencyKey = newKey();
    const [one, other] = [
      await create({ idempotencyKey }),
      await create({ idempotencyKey }, await world.person()),
    ];
    expect(other.token.id).not.toBe(one.token.id);
  });
  it('stays free where the first request was refused', async () => {
    const idempotencyKey = newKey();
    const refused = create({ idempotencyKey, lifetime: 'P31D' });
    await expect(refused).rejects.toMatchObject({ code: 'LIFETIME_EXCEEDS_POLICY' });
    expect((await create({ idempotencyKey, lifetime: 'P1D' })).value).toEqual(expect.any(String));
  });
  it('is forgotten some time after its window, a few at once', async () => {
    await create({ idempotencyKey: newKey() });
    await world.sql(`UPDATE idempotency_keys SET created_at = created_at - interval '2 days'`);
    await world.sql(
      `INSERT INTO idempotency_keys SELECT gen_random_uuid(), n::text, 'x', decode(repeat('00', 32), 'hex'), gen_random_uuid(),
         now() - interval '2 days' FROM generate_series(1, 25) AS n`,
    );
    const left = async () => (await world.sql('SELECT FROM idempotency_keys')).length;
    const before = await left();
    await create({ idempotencyKey: newKey() });
    expect(await left()).toBe(before + 1 - 10);
  });
  it('keeps nothing of the value', async () => {
    const { value } = await create({ idempotencyKey: newKey() });
    const everything = JSON.stringify(await world.sql('SELECT * FROM idempotency_keys'));
    for (const part of (value ?? '').split('.')) expect(everything).not.toContain(part);
  });
});

describe('twenty parallel calls with one key', () => {
  it('make one token and get it twenty times, from two instances on one database', async () => {
    const second = await world.anotherInstance();
    try {
      const idempotencyKey = newKey();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          create({ idempotencyKey }, grace, (i % 2 ? second : world).issuing),
        ),
      );
      expect(new Set(answers.map(({ token }) => token.id)).size).toBe(1);
      expect(new Set(answers.map((answer) => JSON.stringify(claimsOf(answer)))).size).toBe(1);
      expect(answers.filter(({ value }) => value === null)).toEqual([]);
      const { token: old } = await create({});
      const rotation = { id: old.id, idempotencyKey: newKey() };
      const rotated = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 ? second : world).rotation.rotate(grace, rotation)),
      );
      expect(new Set(rotated.map(({ token }) => token.id)).size).toBe(1);
    } finally {
      await second.end();
    }
  });
});

describe('a request whose commit was made and whose answer was lost', () => {
  it('gives that token when it is repeated', async () => {
    const idempotencyKey = newKey();
    const { issuing } = world.instanceOn(new LosingDatabase(world.database.dataSource));
    await expect(create({ idempotencyKey }, grace, issuing)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const [made] = await world.sql<{ token_id: string }>(
      'SELECT token_id FROM idempotency_keys WHERE key = $1',
      [idempotencyKey],
    );
    expect((await create({ idempotencyKey })).token.id).toBe(made?.token_id);
  });
});
