const MOST_NAMED = 5;

/**
 * That ids are already those of something else, in one sentence that names a few and counts all; nothing where there are
 * none. An id is that of one thing for ever: grants, tokens and the audit trail go by it alone.
 * @param kind what they are ids of in the answer: `user`
 * @param other what they are ids of already: `service account`
 */
export function takenIds(ids: readonly string[], kind: string, other: string): string[] {
  if (ids.length === 0) return [];
  const fault =
    ids.length === 1
      ? `1 id of a ${kind} is already that of a ${other}`
      : `${ids.length} ids of ${kind}s are already those of ${other}s`;
  return [`${fault} (${namedFew(ids)}): give each an id that nothing else ever had, or leave it out.`];
}

/** The first few of these names, and how many more there are. */
function namedFew(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return [...names.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
