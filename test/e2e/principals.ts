import { graphql, type Credentials, type GraphQLAnswer } from '../harness/index.js';

/** A user as GraphQL gives them. */
export interface ShownUser {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly state: string;
  readonly permissions: readonly string[];
  readonly groups: readonly { readonly name: string }[];
}

/** A service account as GraphQL gives it. */
export interface ShownAccount {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly orphanedAt: string | null;
  readonly recoverableUntil: string | null;
  readonly permissions: readonly string[];
}

const USER = 'id username displayName state permissions groups { name }';
const ACCOUNT = 'id name state orphanedAt recoverableUntil permissions';

/**
 * The groups that the caller sees.
 * @param url The product's
 * @param caller Who looks
 * @returns Their ids by name
 */
export async function groupIds(url: string, caller: Credentials): Promise<Record<string, string>> {
  const query = '{ groups(first: 100) { nodes { id name } } }';
  const seen = await graphql<{ groups: { nodes: { id: string; name: string }[] } }>(url, caller, query);
  return Object.fromEntries(seen.data.groups.nodes.map(({ id, name }) => [name, id]));
}

/**
 * Sets what a group may do.
 * @param url The product's
 * @param caller With `directory:grant`
 * @param name The group's
 * @param grants The whole new list
 */
export async function grantTo(
  url: string,
  caller: Credentials,
  name: string,
  grants: readonly string[],
): Promise<void> {
  const groupId = (await groupIds(url, caller))[name];
  const document =
    'mutation ($input: SetGroupGrantsInput!) { setGroupGrants(input: $input) { group { id } } }';
  done(await graphql(url, caller, document, { input: { groupId, grants } }));
}

/**
 * Creates a service account.
 * @param url The product's
 * @param caller With `service-accounts:write`
 * @param name Its name
 * @param groups The names of its groups
 * @returns Its id
 */
export async function createAccount(
  url: string,
  caller: Credentials,
  name: string,
  groups: readonly string[],
): Promise<string> {
  const ids = await groupIds(url, caller);
  const document = `mutation ($input: CreateServiceAccountInput!) {
    createServiceAccount(input: $input) { serviceAccount { id } }
  }`;
  const made = await graphql<{ createServiceAccount: { serviceAccount: { id: string } } }>(
    url,
    caller,
    document,
    {
      input: { name, groupIds: groups.map((group) => ids[group]) },
    },
  );
  return made.data.createServiceAccount.serviceAccount.id;
}

/**
 * A user, gone ones included.
 * @param url The product's
 * @param caller Who looks
 * @param id The user's
 */
export async function userById(url: string, caller: Credentials, id: string): Promise<ShownUser> {
  const query = `query ($id: ID!) { node(id: $id) { ... on User { ${USER} } } }`;
  return (await graphql<{ node: ShownUser }>(url, caller, query, { id })).data.node;
}

/**
 * A service account.
 * @param url The product's
 * @param caller Who looks
 * @param id The account's
 */
export async function accountById(url: string, caller: Credentials, id: string): Promise<ShownAccount> {
  const query = `query ($id: ID!) { serviceAccount(id: $id) { ${ACCOUNT} } }`;
  return (await graphql<{ serviceAccount: ShownAccount }>(url, caller, query, { id })).data.serviceAccount;
}

/**
 * Everybody who is in the copy and not gone, by name, with their state: a fault must leave it as it is.
 * @param url The product's
 * @param caller With `directory:read`
 * @returns Users and groups, a line each
 */
export async function everybody(url: string, caller: Credentials): Promise<string[]> {
  const query = `{ users(first: 100) { nodes { id username state groups { name } } }
    groups(first: 100) { nodes { id name state grants } } }`;
  const seen = await graphql<Record<'users' | 'groups', { nodes: unknown[] }>>(url, caller, query);
  return [...seen.data.users.nodes, ...seen.data.groups.nodes].map((one) => JSON.stringify(one));
}

function done(answer: GraphQLAnswer<unknown>): void {
  if (answer.errors.length > 0) throw new Error(`Refused: ${JSON.stringify(answer.errors)}`);
}
