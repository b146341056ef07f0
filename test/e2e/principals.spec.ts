import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  freePort,
  graphql,
  introspect,
  signIn,
  startProduct,
  type Credentials,
  type RunningProduct,
  type SignedIn,
} from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { group, person, writeDirectory, type People } from './directory-file.js';
import { npmRun } from './command.js';
import {
  askForAccountToken,
  askForUserToken,
  changeToken,
  isActive,
  issuedIn,
  userToken,
  type Issued,
} from './token-calls.js';

jest.setTimeout(90_000);

const people: People = {
  users: [person('root'), person('gwen'), person('hugo'), person('iris', { enabled: false })],
  groups: [group('wardens', ['root']), group('data', ['gwen']), group('ops', ['gwen', 'hugo'])],
};
const [wardens, data, ops] = people.groups.map(({ id }) => id);

let product: RunningProduct;
let url: string;
let file: string;
let env: Record<string, string>;
let root: SignedIn;
let gwen: SignedIn;
let gate: Credentials & { token: string };

beforeAll(async () => {
  file = writeDirectory(people);
  env = { PORT: String(await freePort()), DIRECTORY_FILE: file, ADMIN_GROUPS: 'wardens' };
  product = await startProduct({ env });
  url = product.url;
  root = await signedIn('root');
  gate = { token: (await userToken(url, root, { scopes: ['tokens:introspect'] })).value };
  await grant(root, data, ['dataset/*:read', 'dataset/sales/*:write']);
  await grant(root, ops, ['job/*:run']);
  gwen = await signedIn('gwen');
});
afterAll(async () => {
  await product.stop();
});

describe('the administrators', () => {
  it('are the members of ADMIN_GROUPS, who hold everything', async () => {
    expect(await permissionsOf(root)).toEqual(['*:*']);
    expect(await permissionsOf(gwen)).toEqual(['dataset/*:read', 'dataset/sales/*:write', 'job/*:run']);
  });

  it('keep "*:*", whatever their group is granted', async () => {
    await grant(root, wardens, []);
    expect(await permissionsOf(root)).toEqual(['*:*']);
  });
});

describe('a user token (rule 4)', () => {
  it('can do what was asked for, as long as its user can', async () => {
    const token = await userToken(url, gwen, { scopes: ['dataset/sales/*:read', 'job/nightly:run'] });
    expect(await scopeOf(token)).toBe('dataset/sales/*:read job/nightly:run');
    await grant(root, ops, []);
    expect(await scopeOf(token)).toBe('dataset/sales/*:read');
    await grant(root, ops, ['job/*:run']);
    expect(await scopeOf(token)).toBe('dataset/sales/*:read job/nightly:run');
  });

  it('without scopes can do all that its user can, as that changes', async () => {
    const token = await userToken(url, gwen);
    await grant(root, ops, ['job/*:run', 'report:write']);
    expect(await scopeOf(token)).toBe('dataset/*:read dataset/sales/*:write job/*:run report:write');
    await grant(root, ops, ['job/*:run']);
  });

  it('is refused where the user does not hold what it asks', async () => {
    const scopes = ['dataset/a:read', 'job/a:run', 'dataset/a:write'];
    const refused = await askForUserToken(url, gwen, { scopes });
    expect([refused.code, refused.field]).toEqual(['SCOPE_NOT_GRANTED', 'scopes.2']);
  });
});

describe('granting (rule 5)', () => {
  it('takes the scope directory:grant', async () => {
    expect((await grant(gwen, ops, ['job/*:run'])).code).toBe('FORBIDDEN');
  });

  it('gives nobody more than the caller holds in that very call', async () => {
    const some = await userToken(url, root, {
      scopes: ['directory:grant', 'directory:read', 'dataset/*:read'],
    });
    const bearer = { token: some.value };
    const refused = await grant(bearer, ops, ['job/*:run', 'dataset/*:write']);
    expect([refused.code, refused.field]).toEqual(['SCOPE_NOT_GRANTED', 'grants']);
    expect((await grant(bearer, ops, ['job/*:run', 'dataset/b:read'])).errors).toEqual([]);
    expect((await grant(bearer, ops, ['job/*:run'])).errors).toEqual([]);
  });

  it('holds for linking an account to a group, too', async () => {
    const some = await userToken(url, root, {
      scopes: ['service-accounts:write', 'directory:read', 'job/*:run'],
    });
    const bearer = { token: some.value };
    const refused = await createAccount(bearer, 'too much', [data, ops]);
    expect([refused.code, refused.field]).toEqual(['SCOPE_NOT_GRANTED', 'groupIds']);
    expect((await createAccount(bearer, 'just right', [ops])).errors).toEqual([]);
  });
});

describe('a token of a service account (rules 5 and 6)', () => {
  let serviceAccountId: string;

  beforeAll(async () => {
    const made = await createAccount(root, 'loader', [data]);
    serviceAccountId = made.data.createServiceAccount.serviceAccount.id;
  });

  it('is made by a member of its groups, and can do what they are granted', async () => {
    const token = issuedIn(await askForAccountToken(url, gwen, { serviceAccountId }));
    const { body } = await introspect(url, gate, token.value);
    expect(body).toMatchObject({
      active: true,
      sub: serviceAccountId,
      client_id: serviceAccountId,
      username: 'loader',
      principal_type: 'service_account',
      groups: ['data'],
      scope: 'dataset/*:read dataset/sales/*:write',
    });
  });

  it('is made by nobody else, administrators included, who may revoke it all the same', async () => {
    const refused = await askForAccountToken(url, root, { serviceAccountId });
    expect(refused.code).toBe('NOT_A_MEMBER');
    const hugo = await signedIn('hugo');
    expect((await askForAccountToken(url, hugo, { serviceAccountId })).code).toBe('NOT_FOUND');
    const token = issuedIn(await askForAccountToken(url, gwen, { serviceAccountId }));
    expect((await changeToken(url, root, 'revokeToken', token.id)).errors).toEqual([]);
    expect(await isActive(url, gate, token.value)).toBe(false);
  });
});

describe('a user who is disabled in the directory', () => {
  let token: Issued;

  it('can do nothing from the next reading on, and needs a resume when they are back', async () => {
    token = await userToken(url, gwen);
    expect(await isActive(url, gate, token.value)).toBe(true);

    await readAgain(withUser('gwen', { enabled: false }));
    expect((await introspect(url, gate, token.value)).body).toEqual({ active: false });
    expect((await graphql(url, { token: gwen.token }, '{ viewer { expiresAt } }')).status).toBe(401);
    await expect(signedIn('gwen')).rejects.toThrow('401');
    expect(await statusOf(token)).toMatchObject({ status: 'SUSPENDED', usable: false });
    expect((await changeToken(url, root, 'resumeToken', token.id)).code).toBe('PRINCIPAL_NOT_ACTIVE');

    await readAgain(people);
    expect(await isActive(url, gate, token.value)).toBe(false); // still suspended (rule 10)
    gwen = await signedIn('gwen');
    expect((await changeToken(url, gwen, 'resumeToken', token.id)).errors).toEqual([]);
    expect(await isActive(url, gate, token.value)).toBe(true);
    const actions = (await auditLines(url, root)).map(({ action, actor }) => `${action} by ${actor.kind}`);
    expect(actions).toEqual(
      expect.arrayContaining([
        'user.disabled by SYSTEM',
        'token.suspended by SYSTEM',
        'user.enabled by SYSTEM',
      ]),
    );
  });

  it('gets nothing back once the directory has removed them', async () => {
    const users = people.users.filter(({ username }) => username !== 'gwen');
    const groups = people.groups.map((one) => ({
      ...one,
      members: one.members.map((name) => (name === 'gwen' ? 'hugo' : name)),
    }));
    await readAgain({ users, groups });
    expect(await statusOf(token)).toMatchObject({ status: 'REVOKED', usable: false });
    await readAgain({ ...people, users: [...users, person('gwen')] }); // the same name, another id
    const newcomer = await signedIn('gwen');
    const mine = await graphql(url, newcomer, '{ tokens(filter: { kind: USER }) { nodes { id } } }');
    expect(mine.data).toEqual({ tokens: { nodes: [] } });
    expect(await isActive(url, gate, token.value)).toBe(false);
  });

  it('who was so from the start never gets in', async () => {
    await expect(signedIn('iris')).rejects.toThrow('401');
  });
});

describe('a group that bears the name of the administrators’ and is another', () => {
  it('makes nobody an administrator until it is pinned', async () => {
    const usurpers = people.groups.map((one) => (one.name === 'wardens' ? group('wardens', ['hugo']) : one));
    await readAgain({ ...people, groups: usurpers });
    expect(await permissionsOf(await signedIn('hugo'))).not.toContain('*:*');
    expect(product.logs()).toContain('ADMIN_GROUPS');
    const ready = (await (await fetch(`${url}/health/ready`)).json()) as { warnings: string[] };
    expect(ready.warnings.join()).toContain('wardens');

    const pinned = await npmRun('admin-groups:pin', [], { env: { ...env, DATA_DIR: product.dataDirectory } });
    expect(pinned.exitCode).toBe(0);
    expect(await permissionsOf(await signedIn('hugo'))).toEqual(['*:*']);
  });
});

async function signedIn(username: string): Promise<SignedIn> {
  return await signIn(url, username, `${username}-secret`);
}

async function permissionsOf(session: SignedIn): Promise<string[]> {
  const seen = await graphql<{ viewer: { permissions: string[] } }>(
    url,
    session,
    '{ viewer { permissions } }',
  );
  return seen.data.viewer.permissions;
}

async function scopeOf(token: Issued): Promise<unknown> {
  return (await introspect(url, gate, token.value)).body?.['scope'];
}

async function statusOf({ id }: Issued): Promise<unknown> {
  const document = 'query ($id: ID!) { token(id: $id) { status usable } }';
  return (await graphql<{ token: unknown }>(url, root, document, { id })).data.token;
}

async function grant(caller: Credentials, groupId: string | undefined, grants: readonly string[]) {
  const document =
    'mutation ($input: SetGroupGrantsInput!) { setGroupGrants(input: $input) { group { grants } } }';
  return await graphql(url, caller, document, { input: { groupId, grants } });
}

async function createAccount(caller: Credentials, name: string, groupIds: readonly (string | undefined)[]) {
  const document = `mutation ($input: CreateServiceAccountInput!) {
    createServiceAccount(input: $input) { serviceAccount { id } }
  }`;
  return await graphql<{ createServiceAccount: { serviceAccount: { id: string } } }>(url, caller, document, {
    input: { name, groupIds },
  });
}

function withUser(username: string, change: Partial<People['users'][number]>): People {
  return {
    ...people,
    users: people.users.map((one) => (one.username === username ? { ...one, ...change } : one)),
  };
}

/** The file is read at each start. */
async function readAgain(now: People): Promise<void> {
  writeDirectory(now, file);
  await product.stop();
  product = await startProduct({ env, dataDirectory: product.dataDirectory });
}
