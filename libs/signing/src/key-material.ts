import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { invalidInput } from '@tokenwarden/vocabulary';
import { isKid, KID_PREFIX } from './header.rules.js';
import type { Algorithm } from './header.rules.js';

const generate = promisify(generateKeyPair);
const LEAST_RSA_BITS = 2_048;
const MOST_RSA_BITS = 8_192; // the signature of a larger one would fill a quarter of the largest token
const LEAST_RSA_EXPONENT = 65_537n;

/** The public members of a key, as the JWKS and the database have them; nothing else is ever copied out of a JWK. */
export interface PublicJwk {
  readonly kty: 'EC' | 'RSA';
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
}

/** A key that can sign. */
export interface KeyMaterial {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly publicJwk: PublicJwk;
  readonly privateKey: KeyObject;
}

/** A new key for an algorithm; its `kid` comes from its own thumbprint. */
export async function makeKey(algorithm: Algorithm): Promise<KeyMaterial> {
  const { privateKey } =
    algorithm === 'ES256'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: LEAST_RSA_BITS });
  return materialOf(privateKey, undefined);
}

/**
 * The key in a private JWK (RFC 7517): EC P-256 or RSA from 2,048 bits on. Its `kid` is kept where it has our form, else it is
 * derived from the thumbprint.
 * @throws Problem `INVALID_INPUT` on `key` where it is something else, or its public and private parts do not belong together
 */
export function keyOfJwk(jwk: unknown): KeyMaterial {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) {
    throw invalidInput('key', 'Give one private key as a JWK: a JSON object with "kty".');
  }
  const { kty, d, use, alg, key_ops: operations, kid } = jwk as Record<string, unknown>;
  if (kty !== 'EC' && kty !== 'RSA') throw invalidInput('key', 'Give a key of "kty" EC (P-256) or RSA.');
  if (typeof d !== 'string')
    throw invalidInput('key', 'This key has no private part: give the JWK with "d".');
  if (use !== undefined && use !== 'sig')
    throw invalidInput('key', 'This key is not for signing: "use" must be "sig".');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('sign'))) {
    throw invalidInput('key', 'This key is not for signing: "key_ops" must name "sign".');
  }
  const material = materialOf(privateKeyOf(jwk), typeof kid === 'string' && isKid(kid) ? kid : undefined);
  if (alg !== undefined && alg !== material.algorithm) {
    throw invalidInput('key', `This key is for another algorithm: "alg" must be "${material.algorithm}".`);
  }
  assertPair(material, jwk);
  return material;
}

function privateKeyOf(jwk: object): KeyObject {
  try {
    return createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    // The reason is left out: OpenSSL's words help nobody, and may quote what they stumbled over.
    throw invalidInput(
      'key',
      'This is no complete private key: give EC with "crv", "x", "y", "d", or RSA with all its members.',
    );
  }
}

function materialOf(privateKey: KeyObject, kid: string | undefined): KeyMaterial {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = privateKey;
  const { kty, crv, x, y, n, e } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (type === 'ec' && details.namedCurve === 'prime256v1' && kty === 'EC' && crv && x && y) {
    const publicJwk = { kty, crv, x, y } as const;
    return { kid: kid ?? derivedKid({ crv, kty, x, y }), algorithm: 'ES256', publicJwk, privateKey };
  }
  if (type === 'rsa' && kty === 'RSA' && n && e) {
    const { modulusLength: bits = 0, publicExponent: exponent = 0n } = details;
    if (bits < LEAST_RSA_BITS || bits > MOST_RSA_BITS) {
      throw invalidInput('key', `Give an RSA key of ${LEAST_RSA_BITS} to ${MOST_RSA_BITS} bits.`);
    }
    if (exponent < LEAST_RSA_EXPONENT)
      throw invalidInput('key', 'Give an RSA key with the public exponent 65537.');
    return {
      kid: kid ?? derivedKid({ e, kty, n }),
      algorithm: 'RS256',
      publicJwk: { kty, n, e },
      privateKey,
    };
  }
  throw invalidInput('key', 'Give a key on the curve P-256, or an RSA key.');
}

// The thumbprint of RFC 7638: the required members in the order of their names, which is how callers write them here.
function derivedKid(members: Record<string, string>): string {
  return KID_PREFIX + createHash('sha256').update(JSON.stringify(members)).digest('hex').slice(0, 20);
}

// A public part that belongs to another key would be published, and no token would verify.
function assertPair({ algorithm, publicJwk, privateKey }: KeyMaterial, jwk: object): void {
  const given = jwk as Record<string, unknown>;
  const isAsGiven = Object.entries(publicJwk).every(([member, value]) => given[member] === value);
  const challenge = randomBytes(32);
  let isPair = false;
  try {
    const publicKey = createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
    const signature = sign('sha256', challenge, privateKey);
    isPair = isAsGiven && verify('sha256', challenge, publicKey, signature);
  } catch {
    isPair = false; // OpenSSL itself refuses a key whose parts contradict each other
  }
  if (!isPair) {
    throw invalidInput(
      'key',
      `The public and the private part of this ${algorithm} key do not belong together.`,
    );
  }
}
