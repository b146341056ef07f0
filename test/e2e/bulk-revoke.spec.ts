import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import {
  emptyDatabase,
  graphql,
  signIn,
  startProduct,
  type Credentials,
  type RunningProduct,
  type SignedIn,
  type TestDatabase,
} from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { group, person, writeDirectory } from './directory-file.js';
import { changeToken, isActive, userToken, type Issued } from './token-calls.js';
import { until } from './waiting.js';

jest.setTimeout(240_000);

const MANY = 8_000;
const WRITTEN_WITHIN_SECONDS = 60;

let database: TestDatabase;
let client: Client;
let env: Readonly<Record<string, string>>;
let product: RunningProduct;
let root: SignedIn;
let gwen: SignedIn;
let gate: Credentials;

beforeAll(async () => {
  database = await emptyDatabase();
  env = {
    MASTER_KEY: randomBytes(32).toString('base64'),
    DIRECTORY_FILE: writeDirectory({
      users: [person('root'), person('gwen'), person('hugo')],
      groups: [group('wardens', ['root']), group('people', ['gwen', 'hugo'])],
    }),
    ADMIN_GROUPS: 'wardens',
    PUBLIC_URL: 'http://127.0.0.1:4000', // the issuer stays over a restart, on whatever port
    DATABASE_URL: database.url,
  };
  product = await startProduct({ env });
  client = new Client({ connectionString: database.url });
  await client.connect();
  root = await signIn(product.url, 'root', 'root-secret');
  gwen = await signIn(product.url, 'gwen', 'gwen-secret');
  gate = { token: (await userToken(product.url, root, { scopes: ['tokens:introspect'] })).value };
}, 120_000);
afterAll(async () => {
  await client?.end();
  await product?.stop();
  await database?.close();
});

interface Counted {
  readonly matched: number;
  readonly revoked: number;
  readonly dryRun: boolean;
}

const REASON = 'the build server\nwas broken into';

async function revokeTokens(filter: object, input: object = {}, caller: Credentials = root) {
  const document = `mutation ($input: RevokeTokensInput!) { revokeTokens(input: $input) { matched revoked dryRun } }`;
  return await graphql<{ revokeTokens: Counted }>(product.url, caller, document, {
    input: { filter, reason: REASON, ...input },
  });
}

const issue = async (name: string): Promise<Issued> => await userToken(product.url, gwen, { name });

/** Tokens of hugo by this name, so many, as if all of them had been issued: rows like that of one that was. */
async function manyTokens(name: string, count: number): Promise<void> {
  const hugo = await signIn(product.url, 'hugo', 'hugo-secret');
  const token = await userToken(product.url, hugo, { name });
  await client.query(
    `INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, scopes, audiences, issuer, kid, created_at,
       created_by, expires_at, ends_at)
     SELECT gen_random_uuid(), kind, user_id, name, search_text, profile, scopes, audiences, issuer, kid, created_at,
       created_by, expires_at, ends_at FROM access_tokens, generate_series(1, $2) WHERE id = $1`,
    [token.id, count],
  );
}

async function countOf(filter: object): Promise<number> {
  const document = 'query ($filter: TokenFilter) { tokens(first: 1, filter: $filter) { totalCount } }';
  const answer = await graphql<{ tokens: { totalCount: number } }>(product.url, root, document, { filter });
  return answer.data.tokens.totalCount;
}

async function writtenRows(): Promise<number> {
  const found = await client.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM access_tokens WHERE revoked_at IS NOT NULL',
  );
  return found.rows[0]?.count ?? 0;
}

const activity = async (tokens: readonly Issued[]): Promise<boolean[]> =>
  await Promise.all(tokens.map(async ({ value }) => await isActive(product.url, gate, value)));
const eventsOf = async (action: string) =>
  (await auditLines(product.url, root)).filter((event) => event.action === action);

describe('many tokens that have leaked', () => {
  const name = 'build server';
  const leaked: Issued[] = [];
  let spared: Issued;

  beforeAll(async () => {
    for (let i = 0; i < 6; i++) leaked.push(await issue(`${name} ${i}`));
    await changeToken(product.url, gwen, 'suspendToken', leaked[1]?.id ?? '');
    await manyTokens(name, MANY - 1);
    spared = await issue('laptop');
  });

  it('are counted by a dry run, which ends none of them', async () => {
    const answer = await revokeTokens({ search: name.toUpperCase() }, { dryRun: true });
    expect(answer.data.revokeTokens).toEqual({ matched: MANY + 6, revoked: 0, dryRun: true });
    expect(await activity(leaked)).toEqual(leaked.map((_, i) => i !== 1));
    expect(await eventsOf('tokens.bulk-revoked')).toEqual([]);
  });

  it('are not touched where their number is not the expected one', async () => {
    const answer = await revokeTokens({ search: name }, { expectedCount: MANY });
    expect([answer.code, answer.field]).toEqual(['VERSION_CONFLICT', 'expectedCount']);
    expect(answer.errors[0]?.message).toContain(String(MANY + 6));
    expect(await activity(leaked)).toContain(true);
  });

  it('are not touched by somebody without tokens:revoke', async () => {
    expect((await revokeTokens({ search: name }, {}, gwen)).code).toBe('FORBIDDEN');
    const [attempt] = await eventsOf('tokens.bulk-revoked');
    expect(attempt).toMatchObject({ outcome: 'REFUSED', actor: { name: 'gwen' } });
  });

  it('stop with the answer, and stay stopped when the product is killed right then', async () => {
    const answer = await revokeTokens({ search: name }, { expectedCount: MANY + 6 });
    expect(answer.data.revokeTokens).toEqual({ matched: MANY + 6, revoked: MANY + 6, dryRun: false });
    expect(await activity(leaked)).toEqual(leaked.map(() => false));
    expect(await activity([spared])).toEqual([true]);
    await product.kill();
    expect(await writtenRows()).toBeLessThan(MANY);

    product = await startProduct({ env, dataDirectory: product.dataDirectory });
    expect(await activity([...leaked, spared])).toEqual([...leaked.map(() => false), true]);
    expect(await countOf({ search: name, status: ['ACTIVE', 'SUSPENDED'] })).toBe(0);
  });

  it('have their rows and their events within a minute, each once and behind that of the whole', async () => {
    const isWhole = async () => (await writtenRows()) === MANY + 6;
    await until(isWhole, { seconds: WRITTEN_WITHIN_SECONDS });
    const [, whole, ...more] = await eventsOf('tokens.bulk-revoked');
    expect(more).toEqual([]);
    expect(whole).toMatchObject({
      outcome: 'SUCCEEDED',
      actor: { name: 'root' },
      details: { filter: { search: name }, reason: REASON, count: MANY + 6 },
    });
    const single = await eventsOf('token.revoked');
    expect(new Set(single.map(({ targetId }) => targetId)).size).toBe(MANY + 6);
    expect(single).toHaveLength(MANY + 6);
    for (const event of single) {
      expect(event.actor.name).toBe('root');
      expect(BigInt(event.sequence)).toBeGreaterThan(BigInt(whole?.sequence ?? 0));
    }
    expect(product.logs()).toContain('written into the rows of all its tokens');
  });

  it('are nobody any more, and a second decision over them records nothing', async () => {
    const again = await revokeTokens({ search: name });
    expect(again.data.revokeTokens).toEqual({ matched: 0, revoked: 0, dryRun: false });
    expect(await eventsOf('tokens.bulk-revoked')).toHaveLength(2);
  });
});

describe('tokens that are issued while such tokens are revoked', () => {
  it('are ended where they stand before the decision in the trail, and live where they stand behind it', async () => {
    const name = 'racing';
    const issued: Issued[] = [];
    let isOver = false;
    const issuers = Array.from({ length: 4 }, async () => {
      while (!isOver) issued.push(await issue(name));
    });
    for (let round = 0; round < 5; round++) {
      const before = issued.length;
      await until(() => issued.length >= before + 10, { seconds: 30 });
      const answered = [...issued];
      expect((await revokeTokens({ search: name })).errors).toEqual([]);
      expect(await activity(answered)).toEqual(answered.map(() => false));
    }
    isOver = true;
    await Promise.all(issuers);
    const trail = await auditLines(product.url, root);
    const last = trail.findLast(({ action }) => action === 'tokens.bulk-revoked')?.sequence ?? '0';
    const created = new Map(
      trail
        .filter(({ action }) => action === 'token.created')
        .map((event) => [event.targetId, event.sequence]),
    );
    const isLater = issued.map(({ id }) => BigInt(created.get(id) ?? 0) > BigInt(last));
    expect(await activity(issued)).toEqual(isLater);
  });
});
