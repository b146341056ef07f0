/** How long a server that failed stands behind those that did not, in milliseconds. */
export const STANDS_BACK_MS = 30_000;

/**
 * In which order servers are tried: as LDAP_URL names them, but those that failed a moment ago last, so that a dead one
 * costs its time-out once in a while and not at every sign-in.
 * @param failedAt when a server last failed and did not answer since, by URL, in milliseconds of any clock
 * @param now on that clock
 */
export function orderOf<T extends { readonly url: string }>(
  servers: readonly T[],
  failedAt: ReadonlyMap<string, number>,
  now: number,
): readonly T[] {
  const behind = new Set(standingBack(servers, failedAt, now));
  return [...servers.filter((server) => !behind.has(server)), ...behind];
}

/** Those that failed a moment ago, in the order of LDAP_URL. */
export function standingBack<T extends { readonly url: string }>(
  servers: readonly T[],
  failedAt: ReadonlyMap<string, number>,
  now: number,
): readonly T[] {
  return servers.filter(({ url }) => now - (failedAt.get(url) ?? -Infinity) < STANDS_BACK_MS);
}
