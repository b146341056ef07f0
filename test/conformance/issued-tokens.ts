import { graphql, signIn, type SignedIn } from '../harness/index.js';

/** What `createUserToken` and `createServiceAccountToken` answer, as far as the tests look. */
export interface IssuedToken {
  /** Its id: the claim `jti`. */
  readonly id: string;
  /** The token itself. */
  readonly value: string;
}

const CREATE_USER_TOKEN = `mutation ($input: CreateUserTokenInput!) {
  issued: createUserToken(input: $input) { accessToken token { id } }
}`;
const CREATE_ACCOUNT_TOKEN = `mutation ($input: CreateServiceAccountTokenInput!) {
  issued: createServiceAccountToken(input: $input) { accessToken token { id } }
}`;
const ACCOUNTS = '{ serviceAccounts(first: 100) { edges { node { id name } } } }';

/**
 * Issues a token to a person of the demo directory.
 * @param url The product's
 * @param person Who is signed in
 * @param more Beside its name: `scopes`, `lifetime`, `audiences`
 * @returns The token
 */
export async function userToken(
  url: string,
  person: SignedIn,
  more: Readonly<Record<string, unknown>> = {},
): Promise<IssuedToken> {
  return await issue(url, person, CREATE_USER_TOKEN, { name: 'conformance', ...more });
}

/** The internal service that asks about others' tokens. */
export interface Gateway {
  /** The service account's id. */
  readonly clientId: string;
  /** Its token, which holds `tokens:introspect`. */
  readonly token: IssuedToken;
}

/**
 * The demo's account `api-gateway` with a token that may introspect, made by one of its members.
 * @param url The product's
 * @returns Its id and token
 */
export async function gateway(url: string): Promise<Gateway> {
  const linus = await signIn(url, 'linus');
  const found = await graphql<{ serviceAccounts: { edges: { node: { id: string; name: string } }[] } }>(
    url,
    { token: linus.token },
    ACCOUNTS,
  );
  const account = found.data.serviceAccounts.edges.find((edge) => edge.node.name === 'api-gateway')?.node;
  if (!account) throw new Error('The demo has no service account "api-gateway".');
  const input = { serviceAccountId: account.id, name: 'gateway', scopes: ['tokens:introspect'] };
  return { clientId: account.id, token: await issue(url, linus, CREATE_ACCOUNT_TOKEN, input) };
}

async function issue(
  url: string,
  person: SignedIn,
  mutation: string,
  input: Readonly<Record<string, unknown>>,
): Promise<IssuedToken> {
  const answer = await graphql<{ issued: { accessToken: string; token: { id: string } } }>(
    url,
    { token: person.token },
    mutation,
    { input },
  );
  const { accessToken, token } = answer.data.issued;
  return { id: token.id, value: accessToken };
}
