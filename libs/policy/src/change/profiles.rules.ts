import {
  TEXT_LIMITS,
  TOKEN_KINDS,
  checkedText,
  durationSeconds,
  invalidInput,
  type Duration,
  type TokenKind,
} from '@tokenwarden/vocabulary';
import type { LifetimeProfile } from '../policy-document.rules.js';
import { checkedDuration, chosen } from './values.rules.js';

/** A lifetime profile as it is asked for, in the words of GraphQL. */
export interface AskedProfile {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly maximum: Duration;
  readonly default: Duration;
  readonly kinds: readonly TokenKind[];
  readonly defaultFor: readonly TokenKind[];
}

/** The most profiles that a policy has. */
export const MOST_PROFILES = 50;
const PROFILE_NAME = /^[a-z][a-z0-9-]{1,31}$/;

/**
 * The profiles of a policy as they were asked for, in the words of its document: the whole list, in which each has a name of its
 * own and every kind of token one default.
 * @throws Problem `INVALID_INPUT` on the first fault: of the list as a whole on `field`, of one profile on its member, as
 * `field.0.maximum`
 */
export function checkedProfiles(asked: readonly AskedProfile[], field: string): LifetimeProfile[] {
  if (asked.length < 1 || asked.length > MOST_PROFILES) {
    throw invalidInput(field, `This must be a list of 1 to ${MOST_PROFILES} profiles: the whole new list.`);
  }
  const profiles = asked.map((profile, index) => checkedProfile(profile, `${field}.${index}`));
  const repeated = profiles.find(({ name }, index) => profiles.findIndex((one) => one.name === name) < index);
  if (repeated)
    throw invalidInput(field, `Each profile needs a name of its own: there are two "${repeated.name}".`);
  for (const kind of TOKEN_KINDS) {
    const defaults = profiles.filter(({ defaultFor }) => defaultFor.includes(kind)).length;
    if (defaults !== 1) {
      throw invalidInput(field, `Exactly one profile must be the default for ${kind}; here are ${defaults}.`);
    }
  }
  return profiles;
}

function checkedProfile(asked: AskedProfile, field: string): LifetimeProfile {
  const { name, description } = asked;
  if (!PROFILE_NAME.test(name)) {
    throw invalidInput(
      `${field}.name`,
      'This must be 2 to 32 characters of a-z, 0-9 and -, beginning with a letter.',
    );
  }
  const maximum = checkedDuration(asked.maximum, `${field}.maximum`, 'PT1S');
  const defaultLifetime = checkedDuration(asked.default, `${field}.default`, 'PT1S');
  if (durationSeconds(defaultLifetime) > durationSeconds(maximum)) {
    throw invalidInput(`${field}.default`, `This must not be longer than the maximum, which is ${maximum}.`);
  }
  const kinds = chosen(TOKEN_KINDS, asked.kinds, `${field}.kinds`, 'at least one kind of token');
  const other = asked.defaultFor.find((kind) => !kinds.includes(kind));
  if (other !== undefined) {
    throw invalidInput(
      `${field}.defaultFor`,
      `This must be among the kinds of the profile: ${other} is not.`,
    );
  }
  return {
    name,
    description:
      description === undefined || description === null ? null : checkedDescription(description, field),
    maximum,
    defaultLifetime,
    kinds,
    defaultFor: TOKEN_KINDS.filter((kind) => asked.defaultFor.includes(kind)),
  };
}

function checkedDescription(description: string, field: string): string {
  return checkedText(description, `${field}.description`, { maximum: TEXT_LIMITS.description, lines: true });
}
