import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** What is sealed was sealed under another master key: this one opens nothing of it. */
export class WrongMasterKeyError extends Error {
  override readonly name = 'WrongMasterKeyError';
}

/** What is sealed is not what was sealed: cut, changed, or taken from where it belongs. */
export class BrokenSealError extends Error {
  override readonly name = 'BrokenSealError';
}

const MASTER_KEY_BYTES = 32;
const VERSION = 1;
// version (1) | id of the master key (8) | nonce (12) | tag (16) | ciphertext
const KEY_ID_END = 1 + 8;
const NONCE_END = KEY_ID_END + 12;
const TAG_END = NONCE_END + 16;

/**
 * Seals what must not be read by whoever has the database alone: AES-256-GCM under a key derived from the master key,
 * with a fresh nonce each time. A seal is bound to its place (`boundTo`): moved to another row it does not open. It names
 * its master key by a derived id, so that a wrong key and a damaged row are told apart.
 */
export class Sealing {
  readonly #key: Buffer;
  readonly #keyId: Buffer;

  /** @param masterKey 32 bytes */
  constructor(masterKey: Buffer) {
    if (masterKey.length !== MASTER_KEY_BYTES) throw new Error('The master key must be 32 bytes.');
    this.#key = derived(masterKey, 'tokenwarden sealing 1', 32);
    this.#keyId = derived(masterKey, 'tokenwarden master key id 1', KEY_ID_END - 1);
  }

  /**
   * The sealed form of `plain`.
   * @param boundTo Where it belongs, such as `signing-key:KID`; the same is needed to open it
   */
  seal(plain: Buffer, boundTo: string): Buffer {
    const prefix = Buffer.concat([Buffer.of(VERSION), this.#keyId]);
    const nonce = randomBytes(NONCE_END - KEY_ID_END);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(additionalData(prefix, boundTo));
    const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([prefix, nonce, cipher.getAuthTag(), ciphertext]);
  }

  /**
   * What was sealed.
   * @throws WrongMasterKeyError where it was sealed under another master key
   * @throws BrokenSealError where it was changed, or belongs somewhere else than `boundTo`
   */
  open(sealed: Buffer, boundTo: string): Buffer {
    if (sealed.length < TAG_END || sealed[0] !== VERSION) {
      throw new BrokenSealError(`What is sealed for ${boundTo} is cut short, or sealed by a later version.`);
    }
    const prefix = sealed.subarray(0, KEY_ID_END);
    if (!timingSafeEqual(prefix.subarray(1), this.#keyId)) {
      throw new WrongMasterKeyError(`What is sealed for ${boundTo} was sealed under another master key.`);
    }
    const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(KEY_ID_END, NONCE_END), {
      authTagLength: TAG_END - NONCE_END,
    });
    decipher.setAAD(additionalData(prefix, boundTo)).setAuthTag(sealed.subarray(NONCE_END, TAG_END));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(TAG_END)), decipher.final()]);
    } catch (cause) {
      throw new BrokenSealError(`What is sealed for ${boundTo} was changed, or belongs elsewhere.`, {
        cause,
      });
    }
  }
}

function additionalData(prefix: Buffer, boundTo: string): Buffer {
  return Buffer.concat([prefix, Buffer.from(boundTo, 'utf8')]);
}

function derived(masterKey: Buffer, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), purpose, bytes));
}
