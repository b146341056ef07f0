import { graphql, introspect, signIn, type Credentials } from '../harness/index.js';
import {
  accountId,
  askForAccountToken,
  changeToken,
  issuedIn,
  userToken,
  type Issued,
} from './token-calls.js';

/** Whoever calls the product in the suites about access; `nobody` has no credential. */
export const CALLERS = [
  'nobody',
  'dead',
  'suspended',
  'edsger',
  'grace',
  'ada',
  'graceToken',
  'adaToken',
  'etlToken',
  'gatewayToken',
] as const;
/** See the value of the same name. */
export type CallerName = (typeof CALLERS)[number];

/** The demo's people and programs, ready to call, and what they call about. */
export interface Cast {
  readonly url: string;
  readonly credentials: Readonly<Record<CallerName, (Credentials & { readonly token: string }) | undefined>>;
  /** The service account of data engineering, with which grace has to do and edsger has not. */
  readonly etlAccount: string;
  /** The service account that may introspect. */
  readonly gatewayAccount: string;
  readonly users: { readonly grace: string; readonly edsger: string; readonly ada: string };
  /** Ids by name. */
  readonly groups: Readonly<Record<string, string>>;
  /** A fresh token of grace, for somebody to try something with. */
  graceIssues(input?: Readonly<Record<string, unknown>>): Promise<Issued>;
}

/**
 * Signs everybody in and issues the tokens: those of grace and ada may do all that these may, that of `nightly-etl` reads
 * one data set, that of `api-gateway` introspects; one is revoked and one suspended.
 * @param url The product's, on the demo directory
 * @returns The cast
 */
export async function castOf(url: string): Promise<Cast> {
  const [ada, grace, edsger, linus] = await Promise.all(
    ['ada', 'grace', 'edsger', 'linus'].map((name) => signIn(url, name)),
  );
  if (!ada || !grace || !edsger || !linus) throw new Error('Somebody did not sign in.');
  const [etlAccount, gatewayAccount] = await Promise.all([
    accountId(url, linus, 'nightly-etl'),
    accountId(url, linus, 'api-gateway'),
  ]);
  const accountToken = async (serviceAccountId: string, scope: string) =>
    issuedIn(await askForAccountToken(url, linus, { serviceAccountId, scopes: [scope] }));
  const [dead, suspended, graceToken, adaToken, etlToken, gatewayToken] = await Promise.all([
    userToken(url, ada),
    userToken(url, ada),
    userToken(url, grace),
    userToken(url, ada),
    accountToken(etlAccount, 'dataset/sales/orders:read'),
    accountToken(gatewayAccount, 'tokens:introspect'),
  ]);
  await changeToken(url, ada, 'revokeToken', dead.id);
  await changeToken(url, ada, 'suspendToken', suspended.id);
  const stopped = await introspect(url, { token: gatewayToken.value }, suspended.value);
  if (stopped.body?.['active'] !== false) throw new Error('The suspended token still resolves.');
  const bearer = ({ value }: Issued) => ({ token: value });
  return {
    url,
    credentials: {
      nobody: undefined,
      dead: bearer(dead),
      suspended: bearer(suspended),
      edsger,
      grace,
      ada,
      graceToken: bearer(graceToken),
      adaToken: bearer(adaToken),
      etlToken: bearer(etlToken),
      gatewayToken: bearer(gatewayToken),
    },
    etlAccount,
    gatewayAccount,
    users: { grace: grace.user.id, edsger: edsger.user.id, ada: ada.user.id },
    groups: await groupsSeenBy(url, ada),
    graceIssues: (input) => userToken(url, grace, input),
  };
}

async function groupsSeenBy(url: string, caller: Credentials): Promise<Record<string, string>> {
  const answer = await graphql<{ groups: { nodes: { id: string; name: string }[] } }>(
    url,
    caller,
    '{ groups(first: 100) { nodes { id name } } }',
  );
  return Object.fromEntries(answer.data.groups.nodes.map(({ id, name }) => [name, id]));
}

/**
 * The credentials of somebody of the cast who has some.
 * @throws Error for `nobody`
 */
export function credentialsOf(cast: Cast, name: CallerName): Credentials & { readonly token: string } {
  const credentials = cast.credentials[name];
  if (!credentials) throw new Error('Nobody has no credentials.');
  return credentials;
}
