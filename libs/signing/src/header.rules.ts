/** What keys sign with; it belongs to the key and is pinned by it. */
export const ALGORITHMS = ['ES256', 'RS256'] as const;
/** See `ALGORITHMS`. */
export type Algorithm = (typeof ALGORITHMS)[number];

/** What the `kid` of each of our keys begins with. */
export const KID_PREFIX = 'tokenwarden-';
const LONGEST_KID = 80;
const KID = /^tokenwarden-[a-z0-9-]{1,68}$/;

/** Whether a text can be the id of one of our keys. */
export function isKid(text: string): boolean {
  return KID.test(text);
}

/** The header of a token, in exactly this spelling: every token of a key begins with the same text. */
export function headerSegment(algorithm: Algorithm, kid: string): string {
  return Buffer.from(`{"alg":"${algorithm}","typ":"at+jwt","kid":"${kid}"}`).toString('base64url');
}

/**
 * The constant beginning of every token, whatever its key: what secret scanners look for (CONTRACT, "Tokens"). One
 * character less than the prefix encodes to, because the last one also holds bits of what follows.
 */
export function tokenBeginning(algorithm: Algorithm): string {
  const encoded = Buffer.from(`{"alg":"${algorithm}","typ":"at+jwt","kid":"${KID_PREFIX}`).toString(
    'base64url',
  );
  return encoded.slice(0, -1);
}

const BEGINNINGS = ALGORITHMS.map(tokenBeginning);
const LONGEST_HEADER = headerSegment('ES256', 'x'.repeat(LONGEST_KID)).length;
const HEADER = /^\{"alg":"(?:ES256|RS256)","typ":"at\+jwt","kid":"tokenwarden-[a-z0-9-]{1,68}"\}$/;

/**
 * Whether a token's header is one that we could have written with some key. Nothing is parsed: a header with anything else in
 * it (`jku`, `x5u`, `jwk`, `crit`, another order, a space) is none of ours.
 */
export function couldBeOurs(header: string): boolean {
  if (header.length > LONGEST_HEADER || !BEGINNINGS.some((beginning) => header.startsWith(beginning)))
    return false;
  const text = Buffer.from(header, 'base64url');
  return text.toString('base64url') === header && HEADER.test(text.toString('latin1'));
}
