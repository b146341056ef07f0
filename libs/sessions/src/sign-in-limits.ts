import { createHash } from 'node:crypto';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import { rows, type Database } from '@tokenwarden/database';

/** Who tries to sign in as whom. */
export interface SignInAttempt {
  /** The canonical form: other spellings of one name are one name here too. */
  readonly username: string;
  readonly address: string | null;
}

const WINDOW_SECONDS = 15 * 60;
/** Failures of one user from one address within the window. */
export const FAILURES_PER_USER_AND_ADDRESS = 10;
/** Failures from one address within the window, whoever was meant. */
export const FAILURES_PER_ADDRESS = 100;

/**
 * Counts wrong credentials in Postgres, for all instances together. Looking and counting are two steps around the check
 * of the password, so whoever signs in looks before and after it: of many attempts made at once only those whose failure
 * was counted within the limit learn anything.
 */
export class SignInLimits {
  private readonly ofUser: RateLimiterPostgres;
  private readonly ofAddress: RateLimiterPostgres;

  constructor(database: Database) {
    const store = {
      storeClient: storeOn(database),
      storeType: 'pool',
      tableName: 'sign_in_failures',
      tableCreated: true,
      duration: WINDOW_SECONDS,
    };
    this.ofUser = new RateLimiterPostgres({
      ...store,
      keyPrefix: 'user',
      points: FAILURES_PER_USER_AND_ADDRESS,
    });
    this.ofAddress = new RateLimiterPostgres({
      ...store,
      keyPrefix: 'address',
      points: FAILURES_PER_ADDRESS,
      clearExpiredByTimeout: false, // the other one sweeps the table for both
    });
  }

  /** Seconds until such an attempt may be made; 0 means now. */
  async secondsToWait(attempt: SignInAttempt): Promise<number> {
    const [ofUser, ofAddress] = await Promise.all([
      this.ofUser.get(keyOfUser(attempt)),
      this.ofAddress.get(keyOfAddress(attempt)),
    ]);
    return Math.max(
      ofUser !== null && ofUser.consumedPoints >= FAILURES_PER_USER_AND_ADDRESS
        ? seconds(ofUser.msBeforeNext)
        : 0,
      ofAddress !== null && ofAddress.consumedPoints >= FAILURES_PER_ADDRESS
        ? seconds(ofAddress.msBeforeNext)
        : 0,
    );
  }

  /** Counts one failure. Gives the seconds to wait where it was beyond the limit, 0 where it was within. */
  async countFailure(attempt: SignInAttempt): Promise<number> {
    const [ofUser, ofAddress] = await Promise.all([
      this.ofUser.penalty(keyOfUser(attempt)),
      this.ofAddress.penalty(keyOfAddress(attempt)),
    ]);
    return Math.max(
      ofUser.consumedPoints > FAILURES_PER_USER_AND_ADDRESS ? seconds(ofUser.msBeforeNext) : 0,
      ofAddress.consumedPoints > FAILURES_PER_ADDRESS ? seconds(ofAddress.msBeforeNext) : 0,
    );
  }
}

// Hashed: of one length, and the table says nothing about who mistyped their name or a password in its place.
function keyOfUser({ username, address }: SignInAttempt): string {
  return digest(`${address ?? ''}\n${username}`);
}

function keyOfAddress({ address }: SignInAttempt): string {
  return digest(address ?? '');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1_000));
}

// The limiter's own statements through our own pool: bounded waits and UNAVAILABLE as everywhere; their names are
// dropped, because a named statement does not pass a transaction pooler.
function storeOn(database: Database) {
  return {
    query: async ({ text, values }: { text: string; values?: unknown[] }) => {
      const found = await database.read((tx) => rows(tx, text, values));
      return { rows: found, rowCount: found.length };
    },
  };
}
