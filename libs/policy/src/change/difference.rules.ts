import type { JsonObject, JsonValue } from '@tokenwarden/vocabulary';
import type { LifetimeProfile, PolicyDocument } from '../policy-document.rules.js';

/** One value of the policy that a change touched, by its path in GraphQL's words, as `profiles.interactive.maximum`. */
export interface PolicyChange {
  readonly path: string;
  /** Null where there was none: a profile that came. */
  readonly before: JsonValue;
  /** Null where there is none any more: a profile that went. */
  readonly after: JsonValue;
}

/**
 * What is different between two policies (rule 13), by path, profiles by their names; a list is one value, and of a profile that
 * came or went the whole is. The order of profiles alone is no difference.
 */
export function differenceOf(before: PolicyDocument, after: PolicyDocument): PolicyChange[] {
  const { profiles: profilesBefore, ...restBefore } = before;
  const { profiles: profilesAfter, ...restAfter } = after;
  return [
    ...differenceOfProfiles(profilesBefore, profilesAfter),
    ...differenceOfMembers(restBefore, restAfter, ''),
    // However the database orders the members of a document, the difference is told in one way.
  ].sort((one, other) => (one.path < other.path ? -1 : 1));
}

function differenceOfProfiles(
  before: readonly LifetimeProfile[],
  after: readonly LifetimeProfile[],
): PolicyChange[] {
  const names = new Set([...before, ...after].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const path = `profiles.${name}`;
    const [one, other] = [before, after].map((profiles) => profiles.find((profile) => profile.name === name));
    if (one && other) return differenceOfMembers(shownProfile(one), shownProfile(other), `${path}.`);
    return [{ path, before: one ? shownProfile(one) : null, after: other ? shownProfile(other) : null }];
  });
}

/** In the words of GraphQL, in which a change is asked for and shown. */
function shownProfile({
  name,
  description,
  maximum,
  defaultLifetime,
  kinds,
  defaultFor,
}: LifetimeProfile): JsonObject {
  return { name, description, maximum, default: defaultLifetime, kinds, defaultFor };
}

function differenceOfMembers(before: object, after: object, above: string): PolicyChange[] {
  const members = (of: object) => of as Readonly<Record<string, JsonValue | undefined>>;
  // Documents of another version of the product may lack a member, or have one more.
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const one = members(before)[name] ?? null;
    const other = members(after)[name] ?? null;
    if (isGroup(one) && isGroup(other)) return differenceOfMembers(one, other, `${above}${name}.`);
    return isSame(one, other) ? [] : [{ path: `${above}${name}`, before: one, after: other }];
  });
}

function isGroup(value: JsonValue): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Of texts, numbers, switches and lists of texts, whose order counts; and of whole groups, whose order does not. */
function isSame(one: JsonValue, other: JsonValue): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
