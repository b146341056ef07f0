import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  graphql,
  signIn,
  startProduct,
  type Credentials,
  type RunningProduct,
  type SignedIn,
} from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { askForAccountToken, gateway, isActive, issuedIn, type Issued } from './token-calls.js';

jest.setTimeout(60_000);

interface ShownAccount {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly state: string;
  readonly permissions: readonly string[];
  readonly groups: readonly { readonly name: string }[];
}

const SHOWN = 'id name description state orphanedAt recoverableUntil permissions groups { name }';

let product: RunningProduct;
let url: string;
let gate: Credentials;
let ada: SignedIn;
let grace: SignedIn;
let linus: SignedIn;
let groups: ReadonlyMap<string, string>;

beforeAll(async () => {
  product = await startProduct();
  url = product.url;
  [ada, grace, linus] = [await signIn(url, 'ada'), await signIn(url, 'grace'), await signIn(url, 'linus')];
  gate = await gateway(url);
  const seen = await graphql<{ groups: { nodes: { id: string; name: string }[] } }>(
    url,
    ada,
    '{ groups(first: 100) { nodes { id name } } }',
  );
  groups = new Map(seen.data.groups.nodes.map(({ id, name }) => [name, id]));
});
afterAll(async () => {
  await product.stop();
});

type Change = 'create' | 'update' | 'suspend' | 'resume';

/** What becomes of changing an account by one of the mutations that give it. */
async function change(caller: Credentials, how: Change, input: Readonly<Record<string, unknown>>) {
  const type = { create: 'Create', update: 'Update', suspend: '', resume: '' }[how];
  const inputType = type === '' ? 'ServiceAccountIdInput' : `${type}ServiceAccountInput`;
  const document = `mutation ($input: ${inputType}!) {
    changed: ${how}ServiceAccount(input: $input) { serviceAccount { ${SHOWN} } }
  }`;
  return await graphql<{ changed: { serviceAccount: ShownAccount } }>(url, caller, document, { input });
}

async function remove(caller: Credentials, id: string, reason?: string) {
  const document = `mutation ($input: ServiceAccountIdInput!) {
    deleteServiceAccount(input: $input) { id revokedTokens }
  }`;
  const input = reason === undefined ? { id } : { id, reason };
  return await graphql<{ deleteServiceAccount: { id: string; revokedTokens: number } }>(
    url,
    caller,
    document,
    {
      input,
    },
  );
}

const idOf = (name: string) => groups.get(name) ?? 'no such group';
const accountIn = ({ data }: Awaited<ReturnType<typeof change>>) => data.changed.serviceAccount;

async function create(name: string, groupNames: readonly string[]): Promise<ShownAccount> {
  return accountIn(await change(ada, 'create', { name, groupIds: groupNames.map(idOf) }));
}

async function tokenOf(serviceAccountId: string, caller: Credentials = grace): Promise<Issued> {
  return issuedIn(await askForAccountToken(url, caller, { serviceAccountId }));
}

describe('the life of a service account', () => {
  it('goes from its creation through all that is done to it to its end', async () => {
    const account = await create('life', ['data-engineering']);
    const { id } = account;
    expect(account).toMatchObject({ state: 'ACTIVE', groups: [{ name: 'data-engineering' }] });

    const refused = await askForAccountToken(url, ada, { serviceAccountId: id });
    expect(refused.code).toBe('NOT_A_MEMBER');
    const token = await tokenOf(id);
    expect(await isActive(url, gate, token.value)).toBe(true);

    const input = {
      id,
      name: 'second life',
      description: 'Renamed.',
      groupIds: [idOf('data-engineering'), idOf('analysts')],
    };
    const updated = accountIn(await change(ada, 'update', input));
    expect(updated).toMatchObject({ name: 'second life', description: 'Renamed.' });
    expect(updated.groups.map(({ name }) => name)).toEqual(['analysts', 'data-engineering']);

    expect(accountIn(await change(ada, 'suspend', { id, reason: 'A pause.' })).state).toBe('SUSPENDED');
    expect(await isActive(url, gate, token.value)).toBe(false);
    const stopped = await askForAccountToken(url, grace, { serviceAccountId: id });
    expect(stopped.code).toBe('PRINCIPAL_NOT_ACTIVE');
    expect(accountIn(await change(ada, 'resume', { id })).state).toBe('ACTIVE');
    expect(await isActive(url, gate, token.value)).toBe(true);

    expect((await remove(ada, id, 'Over.')).data.deleteServiceAccount).toEqual({ id, revokedTokens: 1 });
    expect(await isActive(url, gate, token.value)).toBe(false);
    expect(
      (await graphql(url, ada, 'query ($id: ID!) { serviceAccount(id: $id) { id } }', { id })).data,
    ).toEqual({
      serviceAccount: null,
    });
    const shown = await graphql(
      url,
      ada,
      'query ($id: ID!) { token(id: $id) { status revokedReason ... on ServiceAccountToken { serviceAccount { name } } } }',
      { id: token.id },
    );
    expect(shown.data).toEqual({
      token: { status: 'REVOKED', revokedReason: 'Over.', serviceAccount: { name: 'second life' } },
    });

    const events = (await auditLines(url, ada)).filter(
      ({ targetId }) => targetId === id || targetId === token.id,
    );
    expect(events.map(({ action, actor, outcome }) => [action, actor.name, outcome])).toEqual([
      ['service-account.created', 'ada', 'SUCCEEDED'],
      ['token.created', 'ada', 'REFUSED'],
      ['token.created', 'grace', 'SUCCEEDED'],
      ['service-account.updated', 'ada', 'SUCCEEDED'],
      ['service-account.suspended', 'ada', 'SUCCEEDED'],
      ['service-account.resumed', 'ada', 'SUCCEEDED'],
      ['token.revoked', 'ada', 'SUCCEEDED'],
      ['service-account.deleted', 'ada', 'SUCCEEDED'],
    ]);
  });

  it('is over for good: the name is free, and nothing is done to it any more', async () => {
    const { id } = await create('once', ['data-engineering']);
    const taken = await change(ada, 'create', { name: 'once', groupIds: [idOf('data-engineering')] });
    expect([taken.code, taken.field]).toEqual(['INVALID_INPUT', 'name']);
    await remove(ada, id);
    expect((await remove(ada, id)).data.deleteServiceAccount).toEqual({ id, revokedTokens: 0 });
    for (const how of ['update', 'suspend', 'resume'] as const) {
      const refused = await change(ada, how, { id });
      expect([refused.code, refused.field]).toEqual(['NOT_FOUND', 'id']);
    }
    expect((await create('once', ['data-engineering'])).id).not.toBe(id);
    const unknown = await remove(ada, randomUUID());
    expect([unknown.code, unknown.field]).toEqual(['NOT_FOUND', 'id']);
  });
});

describe('what is done to a service account', () => {
  it('needs service-accounts:write, which no membership gives', async () => {
    const { id } = await create('managed', ['data-engineering']);
    for (const caller of [grace, linus]) {
      for (const how of ['update', 'suspend', 'resume'] as const)
        expect((await change(caller, how, { id })).code).toBe('FORBIDDEN');
      expect((await remove(caller, id)).code).toBe('FORBIDDEN');
    }
  });

  it('shows what is now, also where one request changes it twice', async () => {
    const { id } = await create('twice', ['data-engineering']);
    const both = await graphql<Record<'before' | 'after', { serviceAccount: ShownAccount }>>(
      url,
      ada,
      `
        mutation ($id: ID!, $groups: [ID!]!) {
          before: suspendServiceAccount(input: { id: $id }) {
            serviceAccount {
              state
              permissions
              groups {
                name
              }
            }
          }
          after: updateServiceAccount(input: { id: $id, groupIds: $groups }) {
            serviceAccount {
              state
              permissions
              groups {
                name
              }
            }
          }
        }
      `,
      { id, groups: [idOf('analysts')] },
    );
    expect(both.data.before.serviceAccount).toMatchObject({
      state: 'SUSPENDED',
      groups: [{ name: 'data-engineering' }],
    });
    expect(both.data.after.serviceAccount).toMatchObject({
      state: 'SUSPENDED',
      groups: [{ name: 'analysts' }],
    });
    expect(both.data.after.serviceAccount.permissions).not.toEqual(
      both.data.before.serviceAccount.permissions,
    );
  });

  it('names the input at fault', async () => {
    const { id } = await create('faulty', ['data-engineering']);
    for (const [input, field] of [
      [{ groupIds: [] }, 'groupIds'],
      [{ name: ' ' }, 'name'],
      [{ description: 'a'.repeat(1_001) }, 'description'],
      [{ name: 'nightly-etl' }, 'name'],
    ] as const) {
      const refused = await change(ada, 'update', { id, ...input });
      expect([refused.code, refused.field]).toEqual(['INVALID_INPUT', field]);
    }
    const unknown = await change(ada, 'update', { id, groupIds: [idOf('data-engineering'), randomUUID()] });
    expect([unknown.code, unknown.field]).toEqual(['NOT_FOUND', 'groupIds.1']);
  });

  it('is nothing that its own token may do', async () => {
    const { id } = await create('self', ['platform-admins']);
    const own = { token: (await tokenOf(id, ada)).value };
    expect((await change(own, 'update', { id, name: 'mine' })).code).toBe('FORBIDDEN');
    expect((await change(own, 'suspend', { id })).code).toBe('FORBIDDEN');
    expect((await remove(own, id)).code).toBe('FORBIDDEN');
    const { id: other } = await create('other', ['data-engineering']);
    expect((await change(own, 'update', { id: other, name: 'theirs' })).errors).toEqual([]);
  });
});

describe('members of groups and of accounts', () => {
  it('are counted and paged below each parent as alone', async () => {
    const nested = await graphql<{
      groups: { nodes: { id: string; members: { totalCount: number; nodes: { username: string }[] } }[] };
    }>(
      url,
      ada,
      '{ groups { nodes { id members(first: 1) { totalCount nodes { username } pageInfo { hasNextPage } } } } }',
    );
    const total = nested.data.groups.nodes.reduce((sum, { members }) => sum + members.totalCount, 0);
    expect(total).toBeGreaterThan(nested.data.groups.nodes.length);
    expect(nested.data.groups.nodes.every(({ members }) => members.nodes.length <= 1)).toBe(true);
  });
});
