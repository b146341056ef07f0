import type { Database } from '@tokenwarden/database';
import type { SigningService } from '@tokenwarden/signing';
import { statusOf } from '@tokenwarden/tokens';
import { loadRecord } from './load-record.js';
import { INACTIVE, resolutionOf, secondsOf, type InForce, type Resolution } from './resolution.rules.js';

/** What resolving stands on. */
export interface ResolvingParts {
  readonly database: Database;
  readonly signing: Pick<SigningService, 'verify'>;
  readonly inForce: InForce;
}

/**
 * Whose token is this, and what may it do (rule 3)? Garbage, other people's tokens and expired ones need no query.
 * Expiry goes by this process's clock.
 * @throws Problem `UNAVAILABLE` when it cannot decide
 */
export async function resolveToken(parts: ResolvingParts, value: string): Promise<Resolution> {
  const presented = parts.signing.verify(value); // size, shape, type and signature
  if (presented === undefined) return INACTIVE;
  const { claims, kid } = presented;
  if (claims.iss !== parts.inForce.issuer || claims.exp <= secondsOf(new Date())) return INACTIVE;
  const record = await loadRecord(parts.database, claims.jti, kid);
  const status = record && statusOf(record, new Date());
  return resolutionOf(record, status, claims, parts.inForce);
}
