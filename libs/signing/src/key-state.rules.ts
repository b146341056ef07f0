/** What a key is for at a moment: announced, signing, only verifying, nothing any more. */
export const SIGNING_KEY_STATES = ['UPCOMING', 'ACTIVE', 'RETIRED', 'WITHDRAWN'] as const;
/** See `SIGNING_KEY_STATES`. */
export type SigningKeyState = (typeof SIGNING_KEY_STATES)[number];

/** The moments of a key's life; the later ones are set when the next key is known. */
export interface KeyLife {
  readonly activeFrom: Date;
  readonly retiredAt: Date | null;
  readonly withdrawnAt: Date | null;
}

/** How long a new key is announced before it signs: as long as a verifier may keep the JWKS (max-age=300). */
export const UPCOMING_SECONDS = 300;

/** How long after it retired a key is certainly published, so that what it signed last has been committed and counted. */
const SETTLING_SECONDS = 60;

/** Derived, and never stored. The first that holds of WITHDRAWN, UPCOMING, RETIRED, ACTIVE. */
export function stateOf(key: KeyLife, now: Date): SigningKeyState {
  if (key.withdrawnAt !== null && key.withdrawnAt <= now) return 'WITHDRAWN';
  if (now < key.activeFrom) return 'UPCOMING';
  return key.retiredAt !== null && key.retiredAt <= now ? 'RETIRED' : 'ACTIVE';
}

/**
 * The key that signs at a moment: the active one, of several the newest. Where none is active, the one that is next: clocks
 * differ, and the database's may be ahead of this process's when it makes the first key. Undefined where no key is left.
 */
export function keyToSignWith<K extends KeyLife>(keys: readonly K[], now: Date): K | undefined {
  const byStart = keys.toSorted((a, b) => a.activeFrom.getTime() - b.activeFrom.getTime());
  return (
    byStart.findLast((key) => stateOf(key, now) === 'ACTIVE') ??
    byStart.find((key) => stateOf(key, now) === 'UPCOMING')
  );
}

/** When the next key signs: after everybody can have seen it, or at once where no key is left that could sign until then. */
export function startOfNextKey(keys: readonly KeyLife[], now: Date): Date {
  if (keyToSignWith(keys, now) === undefined) return now;
  return new Date(now.getTime() + UPCOMING_SECONDS * 1_000);
}

/** Whether it is known by now which token of a retired key ends last: it signs no more, and what it signed is committed. */
export function isSettled(key: KeyLife, now: Date): boolean {
  return (
    stateOf(key, now) === 'RETIRED' &&
    key.retiredAt !== null &&
    now.getTime() - key.retiredAt.getTime() >= SETTLING_SECONDS * 1_000
  );
}

/**
 * Whether verifiers need the key: all but withdrawn ones, and retired ones whose last token has ended.
 * @param lastEnd When the last token of the key ends; null: it has none; undefined: not known, hence needed
 */
export function isPublished(key: KeyLife, lastEnd: Date | null | undefined, now: Date): boolean {
  if (stateOf(key, now) === 'WITHDRAWN') return false;
  if (!isSettled(key, now) || lastEnd === undefined) return true;
  return lastEnd !== null && lastEnd > now;
}
