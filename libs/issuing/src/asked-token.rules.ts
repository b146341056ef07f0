import { checkedScopes, invalidInput, type Duration, type Scope } from '@tokenwarden/vocabulary';

/** What somebody asks of a new token, as it came in; undefined is left out. */
export interface AskedToken {
  readonly name: string;
  readonly description?: string | undefined;
  readonly profile?: string | undefined;
  readonly lifetime?: Duration | undefined;
  readonly expiresAt?: Date | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly audiences?: readonly string[] | undefined;
}

/** The same with what can be checked without a look at anything: the rest is checked when it is issued. */
export interface CheckedToken extends AskedToken {
  /** As written: a scope that is not granted is named by its place here. */
  readonly askedScopes: readonly Scope[] | undefined;
  /** Sorted, nothing twice. */
  readonly scopes: readonly Scope[] | undefined;
}

/**
 * Checks what is asked by itself, before anything is touched; the end it asks for is checked against the policy, and its
 * audiences by `audiencesInForce`.
 * @throws Problem `INVALID_INPUT` on `scopes` and `scopes.N`, `audiences`
 */
export function checkedToken(asked: AskedToken): CheckedToken {
  if (asked.audiences?.length === 0) {
    throw invalidInput('audiences', 'Name at least one audience, or leave the list out for all of them.');
  }
  return {
    ...asked,
    askedScopes: asked.scopes,
    scopes: asked.scopes && checkedScopes(asked.scopes, 'scopes'),
  };
}

/**
 * The audiences of a new token, sorted, nothing twice; all that are in force where none were asked. Not part of the input
 * by itself: a request that is repeated gives its token whatever the settings have become.
 * @param inForce The AUDIENCES of this product
 * @throws Problem `INVALID_INPUT` on `audiences.N`
 */
export function audiencesInForce(
  asked: readonly string[] | undefined,
  inForce: readonly string[],
): readonly string[] {
  const unknown = asked?.findIndex((audience) => !inForce.includes(audience)) ?? -1;
  if (unknown >= 0) {
    const known = inForce.map((audience) => `"${audience}"`).join(', ');
    throw invalidInput(`audiences.${unknown}`, `The audiences are ${known}.`);
  }
  return [...new Set(asked ?? inForce)].sort();
}
