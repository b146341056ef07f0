import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import { signIn, type Credentials, type SignedIn } from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { askForUserToken, changeToken, isActive, issuedIn, rotate, userToken } from './token-calls.js';
import { startTwoInstances, type TwoInstances } from './two-instances.js';

jest.setTimeout(120_000);

let instances: TwoInstances;
let urls: readonly [string, string];
let gwen: SignedIn;
let hugo: SignedIn;
let root: SignedIn;
let asker: Credentials;

beforeAll(async () => {
  instances = await startTwoInstances();
  urls = [instances.one.url, instances.other.url];
  [gwen, hugo, root] = await Promise.all([
    signIn(urls[0], 'gwen', 'gwen-secret'),
    signIn(urls[0], 'hugo', 'hugo-secret'),
    signIn(urls[0], 'root', 'root-secret'),
  ]);
  asker = { token: (await userToken(urls[0], root)).value };
});
afterAll(async () => await instances?.stop());

const claimsOf = (value: string) =>
  JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()) as object;

async function ageKey(key: string, minutes: number): Promise<void> {
  const client = new Client({ connectionString: instances.databaseUrl });
  await client.connect();
  await client.query(
    `UPDATE idempotency_keys SET created_at = created_at - make_interval(mins => $2) WHERE key = $1`,
    [key, minutes],
  );
  await client.end();
}

describe('a creating call with a key, repeated', () => {
  it('twenty times at once on two instances is one token, and every answer lets its holder in', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        askForUserToken(urls[i % 2 === 0 ? 0 : 1], gwen, { idempotencyKey: 'deploy 17', lifetime: 'P1D' }),
      ),
    );
    const tokens = answers.map(issuedIn);
    expect(new Set(tokens.map(({ id }) => id)).size).toBe(1);
    expect(new Set(tokens.map(({ value }) => JSON.stringify(claimsOf(value)))).size).toBe(1);
    for (const { value } of tokens) expect(await isActive(urls[1], asker, value)).toBe(true);
    const created = (await auditLines(urls[0], root)).filter(
      ({ action, targetId }) => action === 'token.created' && targetId === tokens[0]?.id,
    );
    expect(created).toHaveLength(1);
  });

  it('is the same however it is written: durations, offsets, lists, null', async () => {
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 17);
    const written: [string, object, object][] = [
      ['duration', { lifetime: 'PT24H' }, { lifetime: 'P1D' }],
      ['offset', { expiresAt: `${inHours(3)}00Z` }, { expiresAt: `${inHours(5)}00+02:00` }],
      ['list', { scopes: ['b:read', 'a:read'] }, { scopes: ['a:read', 'b:read', 'a:read'] }],
      ['null', {}, { profile: null, scopes: null, description: null }],
    ];
    for (const [idempotencyKey, one, other] of written) {
      const first = await userToken(urls[0], root, { idempotencyKey, ...one });
      const again = await userToken(urls[1], root, { idempotencyKey, ...other });
      expect(again.id).toBe(first.id);
      expect(claimsOf(again.value)).toEqual(claimsOf(first.value));
    }
  });

  it.each([
    ['another name', { name: 'other' }],
    ['another lifetime', { lifetime: 'PT25H' }],
    ['a description', { description: 'for the build' }],
  ])('with %s is a conflict, and issues nothing', async (what, input) => {
    const key = `conflict ${what}`;
    await userToken(urls[0], gwen, { idempotencyKey: key, lifetime: 'PT24H' });
    const answer = await askForUserToken(urls[1], gwen, { idempotencyKey: key, lifetime: 'PT24H', ...input });
    expect([answer.code, answer.field]).toEqual(['IDEMPOTENCY_CONFLICT', 'idempotencyKey']);
  });

  it('is one of one person: another person has the same key for themselves', async () => {
    const hers = await userToken(urls[0], gwen, { idempotencyKey: 'ours' });
    const his = await userToken(urls[0], hugo, { idempotencyKey: 'ours' });
    expect(his.id).not.toBe(hers.id);
  });

  it('is one name space over the creating calls', async () => {
    const token = await userToken(urls[0], gwen, { idempotencyKey: 'shared' });
    expect((await rotate(urls[0], gwen, token.id, { idempotencyKey: 'shared' })).code).toBe(
      'IDEMPOTENCY_CONFLICT',
    );
  });

  it('after a refusal is free again', async () => {
    const refused = await askForUserToken(urls[0], gwen, { idempotencyKey: 'second try', lifetime: 'P31D' });
    expect(refused.code).toBe('LIFETIME_EXCEEDS_POLICY');
    expect(
      (await userToken(urls[0], gwen, { idempotencyKey: 'second try', lifetime: 'P30D' })).id,
    ).toBeTruthy();
  });

  it('of a rotation gives the same successor, not ALREADY_ROTATED', async () => {
    const old = await userToken(urls[0], gwen);
    const input = { idempotencyKey: 'rotation', overlap: 'PT0S' };
    const first = issuedIn(await rotate(urls[0], gwen, old.id, input));
    const again = issuedIn(await rotate(urls[1], gwen, old.id, { ...input, endOldOnFirstUse: false }));
    expect(again.id).toBe(first.id);
    expect(await isActive(urls[0], asker, again.value)).toBe(true);
  });

  it('shows no value once the token has ended', async () => {
    const first = await userToken(urls[0], gwen, { idempotencyKey: 'ended' });
    await changeToken(urls[0], gwen, 'revokeToken', first.id);
    const again = await userToken(urls[1], gwen, { idempotencyKey: 'ended' });
    expect([again.id, again.value]).toEqual([first.id, null]);
  });

  it('shows no value after ten minutes, and is another call after a day', async () => {
    const first = await userToken(urls[0], gwen, { idempotencyKey: 'aged' });
    await ageKey('aged', 11);
    const late = await userToken(urls[1], gwen, { idempotencyKey: 'aged' });
    expect([late.id, late.value]).toEqual([first.id, null]);
    await ageKey('aged', 24 * 60);
    const next = await userToken(urls[1], gwen, { idempotencyKey: 'aged' });
    expect(next.id).not.toBe(first.id);
    expect(await isActive(urls[0], asker, next.value)).toBe(true);
  });

  it.each(['', ' ', 'x'.repeat(101), 'tab\there', 'line\nbreak', '\u200b'])(
    'with %j for a key is refused by name',
    async (key) => {
      const answer = await askForUserToken(urls[0], gwen, { idempotencyKey: key });
      expect([answer.code, answer.field]).toEqual(['INVALID_INPUT', 'idempotencyKey']);
    },
  );

  it('may have a key of a hundred characters, counted as people count them', async () => {
    const token = await userToken(urls[0], gwen, { idempotencyKey: '😀'.repeat(100) });
    expect(await isActive(urls[1], asker, token.value)).toBe(true);
  });
});
