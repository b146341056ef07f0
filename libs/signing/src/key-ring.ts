import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Sealing } from '@tokenwarden/secrets';
import { headerSegment } from './header.rules.js';
import type { Algorithm } from './header.rules.js';
import type { PublicJwk } from './key-material.js';
import { stateOf, type KeyLife } from './key-state.rules.js';
import type { SigningKeyEntity } from './signing-key.entity.js';
import type { VerifyingKey } from './verify-token.js';

/** A key ready for use. */
export interface ReadyKey extends KeyLife, VerifyingKey {
  readonly publicJwk: PublicJwk;
  /** Undefined where it could not be opened: such a key verifies and does not sign. */
  readonly privateKey: KeyObject | undefined;
}

/** What a private key is bound to when it is sealed. */
export function placeOf(kid: string): string {
  return `signing-key:${kid}`;
}

/**
 * The private part of a key.
 * @throws WrongMasterKeyError, BrokenSealError
 */
export function openedKey(key: SigningKeyEntity, sealing: Sealing): KeyObject {
  const der = sealing.open(key.sealedPrivateKey, placeOf(key.kid));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

/** All keys of one moment of reading them, prepared: no key is parsed when a token is. */
export class KeyRing {
  /** What verifies, by the header that its tokens have; withdrawn keys verify nothing. */
  readonly byHeader: ReadonlyMap<string, ReadyKey>;

  constructor(readonly keys: readonly ReadyKey[]) {
    const usable = keys.filter((key) => key.withdrawnAt === null);
    this.byHeader = new Map(usable.map((key) => [headerSegment(key.algorithm, key.kid), key]));
  }

  /**
   * The ring of these rows. What was prepared before is taken over.
   * @param onLocked Told of each key whose private part does not open; it goes on verifying
   */
  static of(
    entities: readonly SigningKeyEntity[],
    before: KeyRing,
    sealing: Sealing,
    onLocked: (kid: string, error: unknown) => void,
  ): KeyRing {
    const known = new Map(before.keys.map((key) => [key.kid, key]));
    return new KeyRing(
      entities.map((entity) => {
        const { kid, activeFrom, retiredAt, withdrawnAt } = entity;
        const parts = known.get(kid) ?? prepared(entity, sealing, onLocked);
        return { ...parts, activeFrom, retiredAt, withdrawnAt };
      }),
    );
  }
}

function prepared(
  entity: SigningKeyEntity,
  sealing: Sealing,
  onLocked: (kid: string, error: unknown) => void,
): ReadyKey {
  const { kid, algorithm, publicJwk } = entity;
  const publicKey = createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
  return {
    ...lifeOf(entity),
    kid,
    algorithm,
    publicJwk,
    publicKey,
    signatureBytes: signatureBytes(algorithm, publicKey),
    privateKey: tryOpening(entity, sealing, onLocked),
  };
}

function lifeOf({ activeFrom, retiredAt, withdrawnAt }: SigningKeyEntity): KeyLife {
  return { activeFrom, retiredAt, withdrawnAt };
}

function tryOpening(
  entity: SigningKeyEntity,
  sealing: Sealing,
  onLocked: (kid: string, error: unknown) => void,
): KeyObject | undefined {
  if (stateOf(entity, new Date()) === 'WITHDRAWN') return undefined;
  try {
    return openedKey(entity, sealing);
  } catch (error) {
    onLocked(entity.kid, error);
    return undefined;
  }
}

function signatureBytes(algorithm: Algorithm, publicKey: KeyObject): number {
  return algorithm === 'ES256' ? 64 : Math.ceil((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}
