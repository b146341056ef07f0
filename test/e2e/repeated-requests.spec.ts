import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { graphql, signIn, startProduct, type RunningProduct } from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { askForUserToken, issuedIn, userToken } from './token-calls.js';

let product: RunningProduct;
let grace: { readonly token: string };
beforeAll(async () => {
  product = await startProduct();
  grace = await signIn(product.url, 'grace');
}, 120_000);
afterAll(async () => {
  await product?.stop();
});

const create = (input: object) => askForUserToken(product.url, grace, { ...input });
const payloadOf = (value: string): unknown =>
  JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString());

describe('a request with a key', () => {
  it('is the same however it is written: durations, offsets, lists, null', async () => {
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 17);
    const written: [string, object, object][] = [
      ['duration', { lifetime: 'PT24H' }, { lifetime: 'P1D' }],
      ['offset', { expiresAt: `${inHours(3)}00Z` }, { expiresAt: `${inHours(5)}00+02:00` }],
      [
        'list',
        { scopes: ['dataset/b:read', 'dataset/a:read'] },
        { scopes: ['dataset/a:read', 'dataset/b:read', 'dataset/a:read'] },
      ],
      ['null', {}, { profile: null, scopes: null, description: null }],
    ];
    for (const [idempotencyKey, one, other] of written) {
      const first = issuedIn(await create({ idempotencyKey, ...one }));
      const again = issuedIn(await create({ idempotencyKey, ...other }));
      expect(again.id).toBe(first.id);
      expect(payloadOf(again.value)).toEqual(payloadOf(first.value));
    }
  });
  it('is refused with another input by the code for that', async () => {
    await create({ idempotencyKey: 'once' });
    const answer = await create({ idempotencyKey: 'once', lifetime: 'PT1H' });
    expect(answer.errors[0]?.extensions).toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
      field: 'idempotencyKey',
    });
  });
  it('has a key of 1 to 100 printable characters', async () => {
    for (const idempotencyKey of ['', ' ', 'x'.repeat(101), 'a\nb', '\u200b']) {
      const answer = await create({ idempotencyKey });
      expect(answer.errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', field: 'idempotencyKey' });
    }
    expect(issuedIn(await create({ idempotencyKey: '😀'.repeat(100) })).id).toEqual(expect.any(String));
  });
});

describe('a second rotation of one token', () => {
  it('is refused, in the trail as possible reuse of that token, and kills nothing', async () => {
    const { id } = await userToken(product.url, grace);
    const document = `mutation { rotateToken(input: {id: "${id}"}) { token { id } accessToken } }`;
    const first = await graphql<{ rotateToken: { token: { id: string } } }>(product.url, grace, document);
    const { code, field } = await graphql(product.url, grace, document);
    expect({ code, field }).toEqual({ code: 'ALREADY_ROTATED', field: 'id' });
    const ada = await signIn(product.url, 'ada');
    const events = (await auditLines(product.url, ada)).filter(
      ({ action }) => action === 'token.rotation-reuse',
    );
    expect(events).toMatchObject([
      { outcome: 'REFUSED', targetType: 'token', targetId: id, actor: { name: 'grace' }, actorTokenId: null },
    ]);
    for (const one of [id, first.data.rotateToken.token.id]) {
      const { data } = await graphql(product.url, grace, `{ token(id: "${one}") { status } }`);
      expect(data).toEqual({ token: { status: 'ACTIVE' } });
    }
  });
});
