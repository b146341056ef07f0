/** How long a server that failed stands behind those that did not, in milliseconds. */
export const STANDS_BACK_MS = 30_000;

/**
 * In which order servers are tried at a sign-in: as LDAP_URL names them, but those that failed a moment ago last, so that a dead one
 * costs its time-out once in a while and not at every sign-in.
 * @param failedAt when a server last failed and did not answer since, by URL, in milliseconds of any clock
 * @param now on that clock
 */
export function orderOf<T extends { readonly url: string }>(
  servers: readonly T[],
  failedAt: ReadonlyMap<string, number>,
  now: number,
): readonly T[] {
  const standsBack = ({ url }: T) => now - (failedAt.get(url) ?? -Infinity) < STANDS_BACK_MS;
  return [...servers.filter((server) => !standsBack(server)), ...servers.filter(standsBack)];
}
