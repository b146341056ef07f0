import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  emptyDatabase,
  graphql,
  introspect,
  revoke,
  signIn,
  signOut,
  startProduct,
  startRefused,
  type RunningProduct,
  type SignedIn,
  type TestDatabase,
} from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { group, person, writeDirectory } from './directory-file.js';
import { changeToken, isActive, userToken } from './token-calls.js';

jest.setTimeout(90_000);

const PEOPLE = {
  users: [person('root'), person('gwen'), person('hugo')],
  groups: [group('wardens', ['root']), group('people', ['gwen', 'hugo'])],
};
const env = {
  MASTER_KEY: randomBytes(32).toString('base64'),
  DIRECTORY_FILE: writeDirectory(PEOPLE),
  ADMIN_GROUPS: 'wardens',
  PUBLIC_URL: 'http://127.0.0.1:4000', // one issuer for all instances
};

let database: TestDatabase;
let one: RunningProduct;
let other: RunningProduct;
let root: SignedIn;

beforeAll(async () => {
  database = await emptyDatabase();
  const start = () => startProduct({ env: { ...env, DATABASE_URL: database.url } });
  [one, other] = await Promise.all([start(), start()]);
  root = await signIn(one.url, 'root', 'root-secret');
});

afterAll(async () => {
  await Promise.all([one, other].map((product) => product.stop()));
  await database.close();
});

describe('two products that start at the same time on one empty Postgres', () => {
  it('write one first policy', async () => {
    const seen = await graphql<{ policy: unknown }>(one.url, root, '{ policy { version updatedAt } }');
    expect(seen.data.policy).toMatchObject({ version: 1 });
    const seenThere = await graphql<{ policy: unknown }>(other.url, root, '{ policy { version updatedAt } }');
    expect(seenThere.data).toEqual(seen.data);
    const trail = await auditLines(one.url, root);
    expect(trail.filter((event) => event.action === 'policy.updated')).toHaveLength(1);
  });

  it('make one signing key', async () => {
    const [keys, same] = await Promise.all([one, other].map(({ url }) => publishedKeys(url)));
    expect(keys).toHaveLength(1);
    expect(same).toEqual(keys);
  });

  it('read the directory once', async () => {
    const trail = await auditLines(one.url, root);
    const made = trail.filter((event) => ['user.created', 'group.created'].includes(event.action));
    expect(new Set(made.map((event) => event.targetId)).size).toBe(made.length);
  });
});

describe('what happens on one instance', () => {
  let token: Awaited<ReturnType<typeof userToken>>;

  beforeAll(async () => {
    token = await userToken(one.url, root);
  });

  it('is known on the other at once: a token and a session', async () => {
    expect(await isActive(other.url, bearer(token), token.value)).toBe(true);
    const seen = await graphql<{ viewer: unknown }>(other.url, root, '{ viewer { user { username } } }');
    expect(seen.data.viewer).toEqual({ user: { username: 'root' } });
  });

  it('is known at once also when it is suspended, resumed and revoked', async () => {
    const watched = await userToken(one.url, root);
    const answers = [];
    for (const change of ['suspendToken', 'resumeToken', 'revokeToken'] as const) {
      await changeToken(one.url, root, change, watched.id);
      answers.push(await isActive(other.url, bearer(token), watched.value));
    }
    expect(answers).toEqual([false, true, false]);
  });

  it('and when its holder revokes it over OAuth', async () => {
    const watched = await userToken(one.url, root);
    expect((await revoke(other.url, undefined, watched.value)).status).toBe(200);
    expect(await isActive(one.url, bearer(token), watched.value)).toBe(false);
  });

  it('and when its caller’s own token was revoked on the other', async () => {
    const caller = await userToken(one.url, root);
    expect(await isActive(one.url, bearer(caller), token.value)).toBe(true);
    await changeToken(other.url, root, 'revokeToken', caller.id);
    const refused = await introspect(one.url, bearer(caller), token.value);
    expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('and when somebody signs out: the session is dead everywhere', async () => {
    const gwen = await signIn(one.url, 'gwen', 'gwen-secret');
    const again = await signIn(one.url, 'gwen', 'gwen-secret');
    expect(await signOut(other.url, gwen)).toBe(204);
    const answers = await Promise.all(
      [one, other].map(({ url }) => graphql(url, { token: gwen.token }, '{ viewer { expiresAt } }')),
    );
    expect(answers.map(({ status, code }) => [status, code])).toEqual([
      [401, 'UNAUTHENTICATED'],
      [401, 'UNAUTHENTICATED'],
    ]);
    const byCookie = await graphql(one.url, { cookie: gwen.cookie }, '{ viewer { expiresAt } }');
    expect(byCookie.status).toBe(401);
    const untouched = await graphql(one.url, again, '{ viewer { expiresAt } }');
    expect(untouched.status).toBe(200); // another session of hers is another session
  });
});

describe('a start with another stance than the running ones', () => {
  it.each([
    ['PUBLIC_URL', 'http://127.0.0.1:4001'],
    ['AUDIENCES', 'https://elsewhere.example'],
  ])('on %s is refused with a plain sentence', async (name, value) => {
    const refused = await startRefused({ env: { ...env, DATABASE_URL: database.url, [name]: value } });
    expect(refused.exitCode).toBe(1);
    expect(refused.logs).toContain(`${name}=${value}`); // what this one has
    expect(refused.logs).not.toContain('    at ');
  });
});

/** The caller that a token makes. */
function bearer(token: { readonly value: string }) {
  return { token: token.value };
}

async function publishedKeys(url: string): Promise<unknown[]> {
  return ((await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: unknown[] }).keys;
}
