import { tokenNotActive, type TokenStatus } from '@tokenwarden/vocabulary';

/** What a token's status is derived from. */
export interface StatusFacts {
  readonly revokedAt: Date | null;
  readonly endsAt: Date;
  readonly suspendedAt: Date | null;
}

/**
 * The status of a token at `now`, in rule 3's order: REVOKED, EXPIRED, SUSPENDED, ACTIVE. It is stored nowhere, so that
 * no task has to run for a token to end. The end itself is the first moment at which the token is EXPIRED.
 */
export function statusOf(token: StatusFacts, now: Date): TokenStatus {
  if (token.revokedAt !== null) return 'REVOKED';
  if (token.endsAt <= now) return 'EXPIRED';
  if (token.suspendedAt !== null) return 'SUSPENDED';
  return 'ACTIVE';
}

/** Live: ACTIVE or SUSPENDED, as opposed to ended. */
export function isLive(token: StatusFacts, now: Date): boolean {
  const status = statusOf(token, now);
  return status === 'ACTIVE' || status === 'SUSPENDED';
}

/**
 * Returns when the token is live; `participle` says what was to be done with it.
 * @throws Problem `TOKEN_NOT_ACTIVE` when it has ended
 */
export function requireLive(token: StatusFacts, now: Date, participle: string): void {
  if (!isLive(token, now))
    throw tokenNotActive(`Only a live token can be ${participle}; this one has ended.`);
}
