import { inTime, type Database } from '@tokenwarden/database';
import type { SigningService } from '@tokenwarden/signing';
import { statusOf } from '@tokenwarden/tokens';
import { secondsOf } from '@tokenwarden/vocabulary';
import { endPredecessor } from './end-predecessor.js';
import { loadRecord } from './load-record.js';
import {
  INACTIVE,
  predecessorEndedBy,
  resolutionOf,
  type InForce,
  type Resolution,
} from './resolution.rules.js';
import type { Bearer, UseTally } from './use-tally.js';

/** What resolving stands on. */
export interface ResolvingParts {
  readonly database: Database;
  readonly signing: Pick<SigningService, 'verifyByLatestKeys'>;
  readonly inForce: InForce;
  readonly uses: Pick<UseTally, 'count'>;
}

/** How long an answer may wait before it is "cannot decide". */
const LONGEST_WAIT_SECONDS = 2;

/**
 * Whose token is this, and what may it do (rule 3)? Garbage, other people's tokens and expired ones need no query.
 * Expiry goes by this process's clock. A predecessor that was to live until this use has ended when the answer comes.
 *
 * Resolving as active is a use of the token, and is counted (rule 21); `bearer` is who bears it, as far as the asker knows.
 * @throws Problem `UNAVAILABLE` when it cannot decide, after two seconds at the latest
 */
export async function resolveToken(
  parts: ResolvingParts,
  value: string,
  bearer: Bearer,
): Promise<Resolution> {
  const resolution = await inTime(LONGEST_WAIT_SECONDS, resolve(parts, value));
  if (resolution.active) parts.uses.count(resolution.token.id, new Date(), bearer);
  return resolution;
}

async function resolve({ database, signing, inForce }: ResolvingParts, value: string): Promise<Resolution> {
  const verified = await signing.verifyByLatestKeys(value); // size, shape, type, signature
  if (verified === undefined) return INACTIVE;
  const { claims, kid } = verified;
  if (claims.iss !== inForce.issuer || claims.exp <= secondsOf(new Date())) return INACTIVE;
  const record = await loadRecord(database, claims.jti, kid);
  const status = record && statusOf(record, new Date());
  const resolution = resolutionOf(record, status, claims, inForce);
  const ended = predecessorEndedBy(resolution);
  if (ended !== null) await endPredecessor(database, ended);
  return resolution;
}
