import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  graphql,
  introspect,
  revoke,
  signIn,
  startProduct,
  type Credentials,
  type RunningProduct,
  type SignedIn,
} from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import {
  accountId,
  askForAccountToken,
  askForUserToken,
  changeToken,
  gateway,
  isActive,
  issuedIn,
  userToken,
  type Issued,
} from './token-calls.js';
import { until } from './waiting.js';

jest.setTimeout(60_000);

let product: RunningProduct;
let url: string;
let gate: Credentials;
let ada: SignedIn;
let grace: SignedIn;

beforeAll(async () => {
  product = await startProduct();
  url = product.url;
  [ada, grace] = [await signIn(url, 'ada'), await signIn(url, 'grace')];
  gate = await gateway(url);
});
afterAll(async () => {
  await product.stop();
});

function secondsOf({ createdAt, expiresAt }: Issued): number {
  return (Date.parse(expiresAt) - Date.parse(createdAt)) / 1000;
}

const DAY = 86_400;

describe('the lifetime of a token (rule 1)', () => {
  it('is the default of its kind when nothing is asked', async () => {
    expect(secondsOf(await userToken(url, grace))).toBe(7 * DAY);
    const serviceAccountId = await accountId(url, grace, 'nightly-etl');
    const answer = await askForAccountToken(url, grace, { serviceAccountId });
    expect(secondsOf(issuedIn(answer))).toBe(90 * DAY);
    expect(secondsOf(await userToken(url, grace, { profile: 'ephemeral' }))).toBe(3600);
  });

  it.each([
    ['interactive', 'P30D', 30 * DAY, 'P30DT1S'],
    ['ephemeral', 'PT24H', DAY, 'PT24H1S'],
    ['ephemeral', 'PT86400S', DAY, 'PT86401S'],
  ])('of %s may be exactly %s, and not a second more', async (profile, longest, seconds, longer) => {
    expect(secondsOf(await userToken(url, grace, { profile, lifetime: longest }))).toBe(seconds);
    const refused = await askForUserToken(url, grace, { profile, lifetime: longer });
    expect([refused.code, refused.field]).toEqual(['LIFETIME_EXCEEDS_POLICY', 'lifetime']);
  });

  it('of a service account may be exactly P365D, and not a second more', async () => {
    const serviceAccountId = await accountId(url, grace, 'nightly-etl');
    const longest = await askForAccountToken(url, grace, { serviceAccountId, lifetime: 'P365D' });
    expect(secondsOf(issuedIn(longest))).toBe(365 * DAY);
    const refused = await askForAccountToken(url, grace, { serviceAccountId, lifetime: 'P365DT1S' });
    expect([refused.code, refused.field]).toEqual(['LIFETIME_EXCEEDS_POLICY', 'lifetime']);
  });

  it('may be asked as a moment, which is refused by its own name', async () => {
    const moment = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
    const end = moment(3 * DAY);
    const token = await userToken(url, grace, { expiresAt: end });
    expect(Date.parse(token.expiresAt)).toBe(Math.floor(Date.parse(end) / 1000) * 1000);
    for (const [asked, code] of [
      [{ expiresAt: moment(31 * DAY) }, 'LIFETIME_EXCEEDS_POLICY'],
      [{ expiresAt: moment(-1) }, 'INVALID_INPUT'],
      [{ expiresAt: end, lifetime: 'P3D' }, 'INVALID_INPUT'],
    ] as const) {
      const refused = await askForUserToken(url, grace, asked);
      expect([refused.code, refused.field]).toEqual([code, 'expiresAt']);
    }
  });

  it('of two seconds is over within the third', async () => {
    const token = await userToken(url, grace, { profile: 'ephemeral', lifetime: 'PT2S' });
    const created = Date.parse(token.createdAt);
    const answers: { readonly active: boolean; readonly asked: number; readonly answered: number }[] = [];
    await until(
      async () => {
        const asked = (Date.now() - created) / 1000;
        const active = await isActive(url, gate, token.value);
        answers.push({ active, asked, answered: (Date.now() - created) / 1000 });
        return !active;
      },
      { seconds: 10 },
    );
    expect(answers.filter(({ active, answered }) => !active && answered < 2)).toEqual([]);
    expect(answers.filter(({ active, asked }) => active && asked >= 3)).toEqual([]);
    const shown = await graphql(url, grace, 'query ($id: ID!) { token(id: $id) { status usable } }', {
      id: token.id,
    });
    expect(shown.data).toEqual({ token: { status: 'EXPIRED', usable: false } });
  });
});

describe('the value of a token (rule 2)', () => {
  it('is in the reply that created it, and nowhere else', async () => {
    const token = await userToken(url, ada, { name: 'shown once', description: 'of rule two' });
    const list = '{ tokens(first: 100) { nodes { id name description status audiences scopes createdAt } } }';
    const everything = [
      JSON.stringify((await graphql(url, ada, list)).data),
      JSON.stringify(await auditLines(url, ada)),
      await (await fetch(`${url}/metrics`)).text(),
      product.logs(),
    ];
    expect(everything[0]).toContain(token.id);
    const [, , signature = ''] = token.value.split('.');
    expect(everything.filter((text) => text.includes(signature))).toEqual([]);
  });
});

describe('what stops a token (rules 3 and 9)', () => {
  it('is revoking, for good: from that answer on it resolves nowhere', async () => {
    const token = await userToken(url, grace);
    expect(await isActive(url, gate, token.value)).toBe(true);
    const revoked = await changeToken(url, grace, 'revokeToken', token.id, 'lost');
    expect(revoked.data.changed.token).toMatchObject({
      status: 'REVOKED',
      usable: false,
      unusableReason: 'REVOKED',
      revokedReason: 'lost',
    });
    expect((await introspect(url, gate, token.value)).body).toEqual({ active: false });
    expect((await graphql(url, { token: token.value }, '{ viewer { expiresAt } }')).status).toBe(401);
    for (const change of ['suspendToken', 'resumeToken'] as const)
      expect((await changeToken(url, grace, change, token.id)).code).toBe('TOKEN_NOT_ACTIVE');
  });

  it('is suspending, until it is resumed', async () => {
    const token = await userToken(url, grace);
    expect((await changeToken(url, grace, 'suspendToken', token.id)).data.changed.token.status).toBe(
      'SUSPENDED',
    );
    expect((await introspect(url, gate, token.value)).body).toEqual({ active: false });
    expect((await changeToken(url, grace, 'resumeToken', token.id)).data.changed.token.status).toBe('ACTIVE');
    expect(await isActive(url, gate, token.value)).toBe(true);
  });

  it('repeated it succeeds, keeps the first reason, and records nothing new', async () => {
    const token = await userToken(url, grace);
    const order = ['suspendToken', 'suspendToken', 'resumeToken', 'resumeToken', 'revokeToken'] as const;
    for (const change of order)
      expect((await changeToken(url, grace, change, token.id, 'first')).errors).toEqual([]);
    const again = await changeToken(url, grace, 'revokeToken', token.id, 'second');
    expect(again.data.changed.token).toMatchObject({ status: 'REVOKED', revokedReason: 'first' });
    const events = (await auditLines(url, ada)).filter(({ targetId }) => targetId === token.id);
    expect(events.map(({ action, actor }) => `${action} ${actor.name}`)).toEqual([
      'token.created grace',
      'token.suspended grace',
      'token.resumed grace',
      'token.revoked grace',
    ]);
  });

  it('is its holder, with no other credential, also while it is suspended', async () => {
    const token = await userToken(url, grace);
    await changeToken(url, grace, 'suspendToken', token.id);
    expect((await revoke(url, undefined, token.value)).status).toBe(200);
    const shown = await graphql(url, grace, 'query ($id: ID!) { token(id: $id) { status } }', {
      id: token.id,
    });
    expect(shown.data).toEqual({ token: { status: 'REVOKED' } });
    expect((await revoke(url, undefined, token.value)).status).toBe(200); // nothing is left to change
  });

  it('is nobody who may not see it: to them it is unknown', async () => {
    const token = await userToken(url, grace);
    const edsger = await signIn(url, 'edsger');
    const [foreign, unknown] = [
      await changeToken(url, edsger, 'revokeToken', token.id),
      await changeToken(url, edsger, 'revokeToken', '00000000-0000-4000-8000-000000000000'),
    ];
    expect([foreign.code, foreign.field]).toEqual(['NOT_FOUND', 'id']);
    const { message, extensions } = foreign.errors[0] ?? { message: '', extensions: undefined };
    expect(unknown.errors[0]?.message).toBe(message);
    expect({ ...unknown.errors[0]?.extensions, requestId: '' }).toEqual({ ...extensions, requestId: '' });
    const refused = (await auditLines(url, ada)).filter(
      ({ targetId, outcome }) => targetId === token.id && outcome === 'REFUSED',
    );
    expect(refused.map(({ action, actor }) => [action, actor.name])).toEqual([['token.revoked', 'edsger']]);
  });
});

describe('a token that calls (rule 7)', () => {
  it('creates no token, whoever it acts as', async () => {
    const token = await userToken(url, ada);
    const bearer = { token: token.value };
    const serviceAccountId = await accountId(url, ada, 'api-gateway');
    for (const refused of [
      await askForUserToken(url, bearer),
      await askForAccountToken(url, bearer, { serviceAccountId }),
    ])
      expect([refused.code, refused.field]).toEqual(['FORBIDDEN', undefined]);
  });

  it('may read and revoke itself, and nothing of its owner’s beside it', async () => {
    const [token, sibling] = [
      await userToken(url, grace, { scopes: ['dataset/a:read'] }),
      await userToken(url, grace),
    ];
    const bearer = { token: token.value };
    const list = '{ viewer { permissions token { id } user { username } } tokens { nodes { id } } }';
    expect((await graphql(url, bearer, list)).data).toEqual({
      viewer: { permissions: ['dataset/a:read'], token: { id: token.id }, user: { username: 'grace' } },
      tokens: { nodes: [{ id: token.id }] },
    });
    expect((await changeToken(url, bearer, 'revokeToken', sibling.id)).code).toBe('NOT_FOUND');
    expect((await graphql(url, bearer, '{ policy { version } }')).code).toBe('FORBIDDEN');
    expect((await changeToken(url, bearer, 'revokeToken', token.id)).data.changed.token.status).toBe(
      'REVOKED',
    );
    expect(await isActive(url, gate, sibling.value)).toBe(true);
  });
});
