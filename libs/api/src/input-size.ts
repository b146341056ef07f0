/** The longest list of any input; what a list may really hold, its own rule says. */
export const LONGEST_LIST = 1_000;
const MOST_MEMBERS = 100;
const DEEPEST = 12;

/**
 * The path to the first part of an input that is too large for anybody to look at closer: a list of more than 1,000, an
 * object of more than 100 members, or what lies 12 levels deep. class-transformer would take seconds, or the whole stack.
 */
export function oversizedPart(input: unknown, depth = 0): readonly string[] | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const isTooLong = Array.isArray(input)
    ? input.length > LONGEST_LIST
    : Object.keys(input).length > MOST_MEMBERS;
  if (isTooLong || depth >= DEEPEST) return [];
  for (const [name, part] of Object.entries(input)) {
    const inner = oversizedPart(part, depth + 1);
    if (inner) return [name.slice(0, 100), ...inner];
  }
  return undefined;
}
