import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Database } from '@tokenwarden/database';
import { Sealing } from '@tokenwarden/secrets';
import { Settings } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import { invalidInput, SYSTEM, unavailable, type Author, type TokenClaims } from '@tokenwarden/vocabulary';
import { couldBeOurs, type Algorithm } from './header.rules.js';
import { keyOfJwk } from './key-material.js';
import { isPublished, isSettled, keyToSignWith } from './key-state.rules.js';
import { KeyRing, type ReadyKey } from './key-ring.js';
import { SigningKeyStore, type AddedKey } from './signing-key-store.js';
import { allKeys } from './signing-keys.queries.js';
import { headerOf, LONGEST_TOKEN_BYTES, verifyToken, type VerifiedToken } from './verify-token.js';

/** One key of the JWKS (RFC 7517): public members only. */
export type PublishedKey = Readonly<Record<string, string>>;

/** A key that signs. */
export interface TokenSigner {
  readonly kid: string;
  readonly algorithm: Algorithm;
  /** @throws Problem `INVALID_INPUT` where the token would be longer than any that resolves */
  sign(claims: TokenClaims): Promise<string>;
}

/** A new key is announced for 300 s; a process that reads this often has many tries to learn it. */
const REREAD_MILLISECONDS = 10_000;
/** Tokens of unknown keys make at most one query in this time, however many they are. */
const LEAST_BETWEEN_READS_MILLISECONDS = 1_000;

/** The life of signing keys, and what they are for. Keys are read into memory; verifying never waits. */
@Injectable()
export class SigningService implements OnApplicationShutdown {
  readonly #store: SigningKeyStore;
  #ring = new KeyRing([]);
  #lastEnds: ReadonlyMap<string, Date | null> = new Map();
  #reading: { readonly startedAt: number; readonly outcome: Promise<void> } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;

  constructor(
    private readonly database: Database,
    private readonly sealing: Sealing,
    private readonly settings: Settings,
    private readonly jwt: JwtService,
    private readonly logs: Logs,
  ) {
    this.#store = new SigningKeyStore(database, sealing, settings.signingAlgorithm);
  }

  /**
   * At start, before anything is served: every key opens, and the first is made where there is none. From then on the keys are
   * read again every ten seconds.
   * @throws WrongMasterKeyError where MASTER_KEY does not open what is there; no key is made then
   * @throws BrokenSealError where a row was damaged
   */
  async ensureKey(): Promise<void> {
    await this.#store.ensureFirst();
    await this.reread();
    this.#tellWhatSigns();
    this.#timer ??= setInterval(() => void this.#rereadQuietly(), REREAD_MILLISECONDS).unref();
  }

  /** Ends the reading of keys. */
  onApplicationShutdown(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Makes a private JWK the next active key: UPCOMING for 300 s (at once where no other can sign), then the one before it retires.
   * @returns Its `kid`, derived where the JWK names none of our form, and when it begins to sign
   * @throws Problem `INVALID_INPUT` on `key` where it cannot be one, or is one already
   * @throws WrongMasterKeyError where the instances could not open it, being under another master key than this process
   */
  async importKey(jwk: unknown, by: Author = SYSTEM): Promise<AddedKey> {
    const added = await this.#store.addNext(keyOfJwk(jwk), by);
    await this.reread();
    return added;
  }

  /**
   * The key that signs now; a row that names its `kid` is signed by that very key, whatever happens between.
   * @throws Problem `UNAVAILABLE` where no key can sign
   */
  signer(): TokenSigner {
    const key = keyToSignWith(this.#ring.keys, new Date());
    if (key?.privateKey === undefined) throw unavailable('No key can sign tokens right now.');
    return this.#signerBy(key);
  }

  /**
   * That very key, for what is signed anew: an active or retired one whose private part this process can open. Undefined
   * where it is withdrawn, unknown here or not openable.
   */
  signerOf(kid: string): TokenSigner | undefined {
    const key = this.#ring.keys.find((one) => one.kid === kid);
    // The private part of a key is kept when it is withdrawn; it must sign nothing any more.
    if (key?.privateKey === undefined || key.withdrawnAt !== null) return undefined;
    return this.#signerBy(key);
  }

  /**
   * A token of these claims, by the key that signs now.
   * @throws Problem `UNAVAILABLE` where no key can sign, `INVALID_INPUT` where the token would be too long to resolve
   */
  async sign(claims: TokenClaims): Promise<string> {
    return this.signer().sign(claims);
  }

  /**
   * What a token says, where one of our keys that is not withdrawn signed it and its form and type are right; undefined for
   * anything else. Not looked at: expiry, issuer, audience, the row. Never throws, never waits. An unknown key that could be
   * ours has the keys read again, aside and at most once a second.
   */
  verify(token: string): VerifiedToken | undefined {
    const verified = verifyToken(token, this.#ring.byHeader);
    if (verified === undefined && this.#hasUnknownKey(token)) void this.#rereadQuietly();
    return verified;
  }

  /**
   * As `verify`, but where the token names a key that could be ours and is not known here, it waits for the keys to be read
   * (shared, at most once a second): a process that slept through an announcement must not call a good token bad.
   * @throws Problem `UNAVAILABLE` where that cannot be decided
   */
  async verifyByLatestKeys(token: string): Promise<VerifiedToken | undefined> {
    const verified = verifyToken(token, this.#ring.byHeader);
    if (verified !== undefined || !this.#hasUnknownKey(token)) return verified;
    await this.#rereadAtMostOnceASecond();
    return verifyToken(token, this.#ring.byHeader);
  }

  /** The JWKS: what signs, what will, and retired keys whose last token has not ended as far as is known. */
  jwks(now = new Date()): { keys: PublishedKey[] } {
    const keys = this.#ring.keys.filter((key) => isPublished(key, this.#lastEnds.get(key.kid), now));
    return { keys: keys.map(publishedKey) };
  }

  /** Retired keys of which it can be said by now when their last token ends; the answer goes to `knowLastEnds`. */
  retiredKids(now = new Date()): string[] {
    return this.#ring.keys.filter((key) => isSettled(key, now)).map((key) => key.kid);
  }

  /**
   * Takes note of when the last token of each retired key ends, as the room above that can see the tokens has found it: `null`
   * where a key has none. Keys that are not named stay published.
   */
  knowLastEnds(lastEnds: ReadonlyMap<string, Date | null>): void {
    this.#lastEnds = new Map(lastEnds);
  }

  /**
   * Reads the keys from the database.
   * @throws Problem `UNAVAILABLE`
   */
  async reread(): Promise<void> {
    const outcome = this.#readKeys();
    this.#reading = { startedAt: performance.now(), outcome };
    await outcome;
  }

  async #readKeys(): Promise<void> {
    const entities = await this.database.read(allKeys);
    this.#ring = KeyRing.of(entities, this.#ring, this.sealing, (kid, error) =>
      this.logs.error(
        { kid, error },
        'A signing key does not open under MASTER_KEY; it verifies and does not sign.',
      ),
    );
  }

  async #rereadAtMostOnceASecond(): Promise<void> {
    const isRecent =
      this.#reading !== undefined &&
      performance.now() - this.#reading.startedAt < LEAST_BETWEEN_READS_MILLISECONDS;
    await (isRecent ? this.#reading?.outcome : this.reread());
  }

  async #rereadQuietly(): Promise<void> {
    try {
      await this.#rereadAtMostOnceASecond();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        this.logs.warn({ error }, 'The signing keys cannot be read again; the known ones go on.');
      this.#isFailing = true;
    }
  }

  #hasUnknownKey(token: string): boolean {
    const header =
      typeof token === 'string' && token.length <= LONGEST_TOKEN_BYTES ? headerOf(token) : undefined;
    return header !== undefined && !this.#ring.byHeader.has(header) && couldBeOurs(header);
  }

  #signerBy(key: ReadyKey): TokenSigner {
    return { kid: key.kid, algorithm: key.algorithm, sign: (claims) => this.#signed(claims, key) };
  }

  async #signed(claims: TokenClaims, { algorithm, kid, privateKey }: ReadyKey): Promise<string> {
    if (privateKey === undefined) throw unavailable('No key can sign tokens right now.');
    const { iss, sub, aud, exp, iat, jti, client_id, scope } = claims;
    const payload = { iss, sub, aud, exp, iat, jti, client_id, ...(scope === undefined ? {} : { scope }) };
    // jsonwebtoken writes alg, typ, kid in this order; the specs hold that.
    const header = { alg: algorithm, typ: 'at+jwt', kid };
    // In one go: jsonwebtoken's asynchronous form signs on this thread all the same, and through streams.
    const token = this.jwt.sign(payload, { algorithm, keyid: kid, header, privateKey });
    if (token.length > LONGEST_TOKEN_BYTES) {
      throw invalidInput(
        'audiences',
        'With these audiences and scopes the token would be longer than 6 KiB: ask for fewer.',
      );
    }
    return token;
  }

  #tellWhatSigns(): void {
    const key = keyToSignWith(this.#ring.keys, new Date());
    if (key === undefined) {
      this.logs.error({}, 'No key can sign tokens: import one with `npm run keys:import -- FILE`.');
    } else if (key.algorithm !== this.settings.signingAlgorithm) {
      const { kid, algorithm } = key;
      this.logs.info(
        { kid, algorithm },
        'SIGNING_ALGORITHM is for keys made from now on; this key keeps its own.',
      );
    }
  }
}

function publishedKey({ publicJwk, algorithm, kid }: ReadyKey): PublishedKey {
  return { ...publicJwk, use: 'sig', alg: algorithm, kid };
}
