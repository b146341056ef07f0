/** What a test shows to the product: a session or access token, the session's cookie, or OAuth's Basic. */
export type Credentials =
  | { readonly token: string }
  | { readonly cookie: string }
  | { readonly clientId: string; readonly clientSecret: string };

/**
 * The headers that carry it.
 * @param credentials None: a caller nobody knows
 * @returns `Authorization` or `Cookie`, or nothing
 */
export function headersFor(credentials?: Credentials): Record<string, string> {
  if (!credentials) return {};
  if ('token' in credentials) return { authorization: `Bearer ${credentials.token}` };
  if ('cookie' in credentials) return { cookie: credentials.cookie };
  const pair = [credentials.clientId, credentials.clientSecret].map(formEncoded).join(':');
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** RFC 6749, 2.3.1: id and secret are form-encoded before they are joined. */
function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
