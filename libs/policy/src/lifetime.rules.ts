import {
  LONGEST_SECONDS,
  addDuration,
  durationOfSeconds,
  durationSeconds,
  invalidInput,
  lifetimeExceedsPolicy,
  wholeSecond,
  type Duration,
  type Scope,
  type TokenKind,
} from '@tokenwarden/vocabulary';

/** What these rules need of a lifetime profile. */
export interface Lifetimes {
  readonly name: string;
  readonly maximum: Duration;
  readonly defaultLifetime: Duration;
}

/** What these rules need to choose one. */
export interface ChoosableProfile extends Lifetimes {
  readonly kinds: readonly TokenKind[];
  readonly defaultFor: readonly TokenKind[];
}

/** How long a token was asked to live: at most one of the two, or nothing. */
export interface AskedEnd {
  readonly lifetime?: Duration | undefined;
  readonly expiresAt?: Date | undefined;
}

/**
 * When a token created at `createdAt` ends, in whole seconds: as asked, else by the profile's default. Refuses, never
 * shortens (rule 1). Both moments count in whole seconds, rounded down, so that "exactly the maximum" can be asked.
 * @throws Problem `INVALID_INPUT`, `LIFETIME_EXCEEDS_POLICY`, on the field it was asked with: `lifetime` or `expiresAt`
 */
export function endOfNewToken(profile: Lifetimes, asked: AskedEnd, createdAt: Date): Date {
  const start = wholeSecond(createdAt);
  const { lifetime, expiresAt } = asked;
  if (lifetime !== undefined && expiresAt !== undefined) {
    throw invalidInput('expiresAt', 'Give lifetime or expiresAt, not both.');
  }
  if (expiresAt !== undefined) return checkedEnd(profile, start, wholeSecond(expiresAt), 'expiresAt');
  return checkedEnd(profile, start, addDuration(start, lifetime ?? profile.defaultLifetime), 'lifetime');
}

function checkedEnd(profile: Lifetimes, start: Date, end: Date, field: 'lifetime' | 'expiresAt'): Date {
  const seconds = (end.getTime() - start.getTime()) / 1_000;
  if (seconds < 1) {
    throw invalidInput(
      field,
      field === 'lifetime' ? 'A token lives for PT1S at least.' : 'The end must lie in the future.',
    );
  }
  if (seconds > LONGEST_SECONDS) {
    throw invalidInput(field, `No token lives for more than ${durationOfSeconds(LONGEST_SECONDS)}.`);
  }
  if (seconds > durationSeconds(profile.maximum)) {
    throw lifetimeExceedsPolicy(field, profile.name, addDuration(start, profile.maximum));
  }
  return end;
}

/**
 * The profile that a token of this kind is issued under: the one asked for, else the default of its kind.
 * @throws Problem `INVALID_INPUT` on `profile` when there is none of that name, or it is not for the kind
 */
export function profileFor<P extends ChoosableProfile>(
  profiles: readonly P[],
  kind: TokenKind,
  asked: string | undefined,
): P {
  const fitting = profiles.filter((profile) => profile.kinds.includes(kind));
  const chosen = fitting.find((profile) =>
    asked === undefined ? profile.defaultFor.includes(kind) : profile.name === asked,
  );
  if (chosen) return chosen;
  if (asked === undefined) throw new Error(`No lifetime profile is the default for ${kind}.`);
  const names = fitting.map((profile) => `"${profile.name}"`).join(', ');
  throw invalidInput('profile', `For this kind of token there are the profiles ${names}.`);
}

/**
 * The profile that a successor is issued under (rule 8): its predecessor's, or the default of the kind where the policy
 * has none of that name for the kind any more.
 */
export function profileForSuccessor<P extends ChoosableProfile>(
  profiles: readonly P[],
  kind: TokenKind,
  before: string,
): P {
  const kept = profiles.find(({ name, kinds }) => name === before && kinds.includes(kind));
  return kept ?? profileFor(profiles, kind, undefined);
}

/**
 * Where the policy says so, a token names its scopes and does not follow all that its principal may do.
 * @throws Problem `INVALID_INPUT` on `scopes`
 */
export function requireNamedScopes(
  policy: { readonly requireScopes: boolean },
  scopes: readonly Scope[] | undefined,
): void {
  if (policy.requireScopes && scopes === undefined) {
    throw invalidInput('scopes', 'The policy asks every token to name its scopes.');
  }
}
