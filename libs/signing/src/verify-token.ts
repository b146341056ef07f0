import { verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { TokenClaims } from '@tokenwarden/vocabulary';
import { claimsOf } from './claims.rules.js';
import type { Algorithm } from './header.rules.js';

/** The longest token that is issued or read, in bytes (all of them ASCII). */
export const LONGEST_TOKEN_BYTES = 6 * 1_024;

/** What verifies the tokens of one key. */
export interface VerifyingKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly publicKey: KeyObject;
  /** Bytes of each of its signatures. */
  readonly signatureBytes: number;
}

/** A token whose form, type and signature are right. Whether it is still good is another question. */
export interface VerifiedToken {
  readonly claims: TokenClaims;
  readonly kid: string;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * What a token says, where one of these keys signed exactly this: size, header, canonical base64url, signature, claims in
 * their types. Undefined for anything else. Never throws, waits for nothing, and asks nobody.
 *
 * The header is compared as it stands with those of our keys, and never parsed: it can choose neither algorithm nor key, and
 * name no URL. The payload is parsed only after its signature was right. Of an ES256 signature (r, s) the twin (r, n - s) is as
 * right by the algorithm: it gives the same claims, hence the same row, and ends with it.
 * @param keys By their header segment
 */
export function verifyToken(
  token: string,
  keys: ReadonlyMap<string, VerifyingKey>,
): VerifiedToken | undefined {
  if (typeof token !== 'string' || token.length > LONGEST_TOKEN_BYTES) return undefined;
  const headerEnd = token.indexOf('.');
  const payloadEnd = token.indexOf('.', headerEnd + 1);
  if (headerEnd < 0 || payloadEnd < 0) return undefined;
  const key = keys.get(token.slice(0, headerEnd));
  if (key === undefined) return undefined;
  const payload = canonicalBytes(token.slice(headerEnd + 1, payloadEnd));
  const signature = canonicalBytes(token.slice(payloadEnd + 1));
  if (payload === undefined || signature?.length !== key.signatureBytes) return undefined;
  try {
    if (!isSignedBy(key, Buffer.from(token.slice(0, payloadEnd), 'latin1'), signature)) return undefined;
    const claims = claimsOf(JSON.parse(UTF8.decode(payload)));
    return claims && { claims, kid: key.kid };
  } catch {
    return undefined; // of our own signature, yet no JSON in UTF-8: nothing that we could have issued
  }
}

/** The header segment of a token; undefined where it has no first dot. */
export function headerOf(token: string): string | undefined {
  const end = token.indexOf('.');
  return end < 0 ? undefined : token.slice(0, end);
}

// One text for each sequence of bytes: without padding, foreign characters, and stray bits in the last one.
function canonicalBytes(segment: string): Buffer | undefined {
  const bytes = Buffer.from(segment, 'base64url');
  return bytes.toString('base64url') === segment ? bytes : undefined;
}

function isSignedBy({ algorithm, publicKey }: VerifyingKey, signed: Buffer, signature: Buffer): boolean {
  switch (algorithm) {
    case 'ES256':
      return verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
    case 'RS256':
      return verify('sha256', signed, publicKey, signature);
  }
}
