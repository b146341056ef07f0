import { record } from '@tokenwarden/audit';
import { databaseNow, lockFor, recordChange, type Database, type Transaction } from '@tokenwarden/database';
import { BrokenSealError, WrongMasterKeyError, type Sealing } from '@tokenwarden/secrets';
import { invalidInput, SYSTEM, type Author } from '@tokenwarden/vocabulary';
import type { Algorithm } from './header.rules.js';
import { makeKey, type KeyMaterial } from './key-material.js';
import { openedKey, placeOf } from './key-ring.js';
import { startOfNextKey } from './key-state.rules.js';
import type { SigningKeyEntity } from './signing-key.entity.js';
import { addKey, allKeys, retireOthers } from './signing-keys.queries.js';

/** A key that was added, and when it begins to sign. */
export type AddedKey = Pick<SigningKeyEntity, 'kid' | 'algorithm' | 'activeFrom'>;

const LOCK = 'signing-keys';

/** The keys as the database has them: each change under one lock, with its audit event and its place in the change log. */
export class SigningKeyStore {
  constructor(
    private readonly database: Database,
    private readonly sealing: Sealing,
    private readonly algorithmOfNewKeys: Algorithm,
  ) {}

  /**
   * Opens every key, and makes the first where there is none.
   * @throws WrongMasterKeyError, BrokenSealError; no key is made then
   */
  async ensureFirst(): Promise<void> {
    await this.database.transaction(async (tx) => {
      await lockFor(tx, LOCK); // two first starts make one key
      const keys = await allKeys(tx);
      this.#assertOpen(keys);
      if (keys.length > 0) return;
      const now = await databaseNow(tx);
      const added = await this.#add(tx, await makeKey(this.algorithmOfNewKeys), now, now);
      await recordAdded(tx, 'signing-key.rotated', added, SYSTEM);
    });
  }

  /**
   * Adds the key that signs next; the one before it retires at that moment.
   * @throws Problem `INVALID_INPUT` on `key` where it is a signing key already
   * @throws WrongMasterKeyError, BrokenSealError
   */
  async addNext(material: KeyMaterial, by: Author): Promise<AddedKey> {
    return this.database.transaction(async (tx) => {
      await lockFor(tx, LOCK);
      const keys = await allKeys(tx);
      this.#assertOpen(keys);
      assertNew(material, keys);
      const now = await databaseNow(tx);
      const added = await this.#add(tx, material, now, startOfNextKey(keys, now));
      await retireOthers(tx, added.kid, added.activeFrom);
      await recordAdded(tx, 'signing-key.imported', added, by);
      return added;
    });
  }

  async #add(tx: Transaction, material: KeyMaterial, createdAt: Date, activeFrom: Date): Promise<AddedKey> {
    const { kid, algorithm, publicJwk, privateKey } = material;
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    const sealedPrivateKey = this.sealing.seal(der, placeOf(kid));
    await addKey(tx, { kid, algorithm, publicJwk, sealedPrivateKey, createdAt, activeFrom });
    return { kid, algorithm, activeFrom };
  }

  /** No key is added beside keys that do not open: the instances that run could not open the new one either. */
  #assertOpen(keys: readonly SigningKeyEntity[]): void {
    for (const key of keys) {
      if (key.withdrawnAt !== null) continue;
      try {
        openedKey(key, this.sealing);
      } catch (cause) {
        if (cause instanceof WrongMasterKeyError) {
          const right = 'Give the MASTER_KEY that it was made with; no new key was made.';
          throw new WrongMasterKeyError(`MASTER_KEY does not open the signing key ${key.kid}. ${right}`, {
            cause,
          });
        }
        throw new BrokenSealError(`The signing key ${key.kid} is damaged in the database.`, { cause });
      }
    }
  }
}

async function recordAdded(
  tx: Transaction,
  action: 'signing-key.rotated' | 'signing-key.imported',
  { kid, algorithm, activeFrom }: AddedKey,
  by: Author,
): Promise<void> {
  await recordChange(tx, 'signing-key', []); // a kid is no UUID: whoever answers from memory reads all keys again
  await record(tx, {
    action,
    by,
    target: { type: 'signing_key', id: kid, name: kid },
    details: { algorithm, activeFrom: activeFrom.toISOString() },
  });
}

function assertNew(material: KeyMaterial, keys: readonly SigningKeyEntity[]): void {
  const isThere = keys.some(
    ({ kid, publicJwk: { x, n } }) =>
      kid === material.kid ||
      (x !== undefined && x === material.publicJwk.x) ||
      (n !== undefined && n === material.publicJwk.n),
  );
  if (isThere) throw invalidInput('key', 'This key, or one of this "kid", is a signing key already.');
}
