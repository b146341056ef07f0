import { graphql, introspect, signIn, type Credentials, type GraphQLAnswer } from '../harness/index.js';

/** What `createUserToken` and `createServiceAccountToken` answer, as far as these tests look. */
export interface Issued {
  /** Its id: the claim `jti`. */
  readonly id: string;
  /** The token itself. */
  readonly value: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** A token as `TokenPayload` gives it. */
export interface ShownToken {
  readonly id: string;
  readonly status: string;
  readonly usable: boolean;
  readonly unusableReason: string | null;
  readonly revokedReason: string | null;
}

type Input = Readonly<Record<string, unknown>>;
type Change = 'revokeToken' | 'suspendToken' | 'resumeToken';

const ISSUED = 'accessToken token { id createdAt expiresAt }';
const SHOWN = 'token { id status usable unusableReason revokedReason }';

/**
 * Asks for a user token, whatever comes of it.
 * @param url The product's
 * @param caller Whose it will be
 * @param input Beside its name
 * @returns The answer, to be looked at for refusals
 */
export async function askForUserToken(url: string, caller: Credentials, input: Input = {}) {
  return await askFor(url, caller, 'UserToken', input);
}

/**
 * Asks for a token of a service account, whatever comes of it.
 * @param url The product's
 * @param caller A member of one of its groups, or not
 * @param input `serviceAccountId`, and what is asked beside its name
 * @returns The answer, to be looked at for refusals
 */
export async function askForAccountToken(url: string, caller: Credentials, input: Input) {
  return await askFor(url, caller, 'ServiceAccountToken', input);
}

/**
 * The token in an answer that is expected to hold one.
 * @param answer Of one of the two above
 * @returns The token; throws, naming the errors, where there is none
 */
export function issuedIn(answer: Awaited<ReturnType<typeof askForUserToken>>): Issued {
  const { accessToken, token } = answer.data.issued;
  return { ...token, value: accessToken };
}

/**
 * Issues a user token.
 * @param url The product's
 * @param caller Whose it will be
 * @param input Beside its name
 * @returns The token
 */
export async function userToken(url: string, caller: Credentials, input: Input = {}): Promise<Issued> {
  return issuedIn(await askForUserToken(url, caller, input));
}

/**
 * The id of a service account that the caller sees.
 * @param url The product's
 * @param caller Who looks
 * @param name The account's
 * @returns Its id; throws where the caller sees none of this name
 */
export async function accountId(url: string, caller: Credentials, name: string): Promise<string> {
  const answer = await graphql<{ serviceAccounts: { nodes: { id: string; name: string }[] } }>(
    url,
    caller,
    '{ serviceAccounts(first: 100) { nodes { id name } } }',
  );
  const found = answer.data.serviceAccounts.nodes.find((account) => account.name === name);
  if (!found) throw new Error(`No service account "${name}" is shown.`);
  return found.id;
}

/**
 * The token of the demo's `api-gateway`, the internal service that asks about others' tokens.
 * @param url The product's, on the demo directory
 * @returns Credentials that hold `tokens:introspect` and nothing else
 */
export async function gateway(url: string): Promise<Credentials & { readonly token: string }> {
  const linus = await signIn(url, 'linus');
  const serviceAccountId = await accountId(url, linus, 'api-gateway');
  const input = { serviceAccountId, scopes: ['tokens:introspect'] };
  return { token: issuedIn(await askForAccountToken(url, linus, input)).value };
}

/**
 * Revokes, suspends or resumes a token.
 * @param url The product's
 * @param caller Who does it
 * @param change Which of them
 * @param id The token's
 * @param reason Kept with it
 * @returns The answer, to be looked at for refusals
 */
export async function changeToken(
  url: string,
  caller: Credentials,
  change: Change,
  id: string,
  reason?: string,
): Promise<GraphQLAnswer<{ changed: { token: ShownToken } }>> {
  const type = change === 'revokeToken' ? 'RevokeTokenInput' : 'TokenIdInput';
  const document = `mutation ($input: ${type}!) { changed: ${change}(input: $input) { ${SHOWN} } }`;
  return await graphql(url, caller, document, { input: reason === undefined ? { id } : { id, reason } });
}

/**
 * Asks for a successor of a token, whatever comes of it.
 * @param url The product's
 * @param caller The owner, a member of the account's groups, or the token itself
 * @param id The token's
 * @param input `overlap`, `endOldOnFirstUse`, `scopes`, `lifetime`, `expiresAt`, `idempotencyKey`
 * @returns The answer, to be looked at for refusals
 */
export async function rotate(url: string, caller: Credentials, id: string, input: Input = {}) {
  return await graphql<{ issued: IssuedAnswer }>(
    url,
    caller,
    `mutation ($input: RotateTokenInput!) { issued: rotateToken(input: $input) { ${ISSUED} } }`,
    { input: { id, ...input } },
  );
}

/**
 * Whether introspection says that a token may be let in.
 * @param url The product's
 * @param caller Who asks
 * @param value The token
 * @returns `active`; throws where the answer is neither yes nor no
 */
export async function isActive(url: string, caller: Credentials, value: string): Promise<boolean> {
  const { status, body } = await introspect(url, caller, value);
  if (status !== 200 || typeof body?.['active'] !== 'boolean')
    throw new Error(`Introspection: ${status} ${JSON.stringify(body)}`);
  return body['active'];
}

async function askFor(url: string, caller: Credentials, kind: string, input: Input) {
  const document = `mutation ($input: Create${kind}Input!) { issued: create${kind}(input: $input) { ${ISSUED} } }`;
  return await graphql<{ issued: IssuedAnswer }>(url, caller, document, {
    input: { name: 'end to end', ...input },
  });
}

interface IssuedAnswer {
  readonly accessToken: string;
  readonly token: Omit<Issued, 'value'>;
}
