import { headersFor, type Credentials } from './credentials.js';

/** A person who has signed in, ready to be handed to `graphql` as credentials. */
export interface SignedIn {
  /** The session's token, for `Authorization: Bearer`. */
  readonly token: string;
  /** The same as a `Cookie` header. */
  readonly cookie: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  /** Who it is. */
  readonly user: { readonly id: string; readonly username: string; readonly displayName: string };
}

/**
 * Signs in, where it is expected to succeed; other outcomes are for `fetch` to look at.
 * @param url The product's
 * @param username Of the directory; the demo's by default have the password `NAME-demo`
 * @param password Where it is another
 * @returns The session
 * @throws Error with status and body when it is refused
 */
export async function signIn(
  url: string,
  username: string,
  password = `${username}-demo`,
): Promise<SignedIn> {
  const answer = await fetch(`${url}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  if (answer.status !== 201) throw new Error(`Sign-in: ${answer.status} ${await answer.text()}`);
  const body = (await answer.json()) as { sessionToken: string } & Pick<SignedIn, 'expiresAt' | 'user'>;
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  return { token: body.sessionToken, cookie, expiresAt: body.expiresAt, user: body.user };
}

/**
 * Signs out.
 * @param url The product's
 * @param credentials The session's, as bearer or cookie
 * @returns The HTTP status
 */
export async function signOut(url: string, credentials?: Credentials): Promise<number> {
  const answer = await fetch(`${url}/session`, { method: 'DELETE', headers: headersFor(credentials) });
  await answer.arrayBuffer();
  return answer.status;
}
