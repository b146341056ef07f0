import {
  TEXT_LIMITS,
  TOKEN_KINDS,
  checkedText,
  durationSeconds,
  invalidInput,
  parseDuration,
  parseSchedule,
  type Duration,
  type TokenKind,
} from '@tokenwarden/vocabulary';
import {
  WARNING_CHANNELS,
  type LifetimeProfile,
  type PolicyDocument,
  type TaskByAge,
  type WarningChannel,
} from '../policy-document.rules.js';

/** A lifetime profile as it is asked for, in the words of GraphQL. */
export interface AskedProfile {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly maximum: Duration;
  readonly default: Duration;
  readonly kinds: readonly TokenKind[];
  readonly defaultFor: readonly TokenKind[];
}

/** What is asked of the warnings; what is left out stays as it is. */
export interface WarningChanges {
  readonly enabled?: boolean | undefined;
  readonly thresholds?: readonly Duration[] | undefined;
  readonly schedule?: string | undefined;
  readonly channels?: readonly WarningChannel[] | undefined;
}

/** What is asked of a task that looks at tokens by their age; what is left out stays as it is. */
export interface TaskChanges {
  readonly enabled?: boolean | undefined;
  readonly after?: Duration | undefined;
  readonly schedule?: string | undefined;
}

/** What is asked of the policy; what is left out stays as it is, `profiles` is the whole new list. */
export interface PolicyChanges {
  readonly profiles?: readonly AskedProfile[] | undefined;
  readonly maximumOverlap?: Duration | undefined;
  readonly orphanGrace?: Duration | undefined;
  readonly requireScopes?: boolean | undefined;
  readonly expiryWarnings?: WarningChanges | undefined;
  readonly purge?: TaskChanges | undefined;
  readonly idleRevocation?: TaskChanges | undefined;
}

const MOST_PROFILES = 50;
const MOST_THRESHOLDS = 10;
const PROFILE_NAME = /^[a-z][a-z0-9-]{1,31}$/;

/**
 * The whole policy after a change: every rule of what a policy may be stands here (rules 13 to 16). Repeated kinds and channels
 * are dropped, thresholds come out longest first, schedules with single spaces.
 * @throws Problem `INVALID_INPUT` on the path of the first fault from inside the input, as `changes.profiles.0.maximum`; a fault
 * of a list as a whole names the list
 */
export function changedPolicy(current: PolicyDocument, changes: PolicyChanges): PolicyDocument {
  const { profiles, maximumOverlap, orphanGrace, requireScopes, expiryWarnings, purge, idleRevocation } =
    changes;
  const durationOr = (asked: Duration | undefined, otherwise: Duration, field: string) =>
    asked === undefined ? otherwise : checkedDuration(asked, `changes.${field}`, 'PT0S');
  return {
    profiles: profiles === undefined ? current.profiles : checkedProfiles(profiles, 'changes.profiles'),
    maximumOverlap: durationOr(maximumOverlap, current.maximumOverlap, 'maximumOverlap'),
    orphanGrace: durationOr(orphanGrace, current.orphanGrace, 'orphanGrace'),
    requireScopes: requireScopes ?? current.requireScopes,
    expiryWarnings: changedWarnings(current.expiryWarnings, expiryWarnings ?? {}, 'changes.expiryWarnings'),
    purge: changedTask(current.purge, purge ?? {}, 'changes.purge', 'PT1S'),
    // A shorter one would end tokens before the use counters had written their uses.
    idleRevocation: changedTask(
      current.idleRevocation,
      idleRevocation ?? {},
      'changes.idleRevocation',
      'PT1M',
    ),
  };
}

function changedWarnings(
  current: PolicyDocument['expiryWarnings'],
  { enabled, thresholds, schedule, channels }: WarningChanges,
  field: string,
): PolicyDocument['expiryWarnings'] {
  return {
    enabled: enabled ?? current.enabled,
    thresholds:
      thresholds === undefined ? current.thresholds : checkedThresholds(thresholds, `${field}.thresholds`),
    schedule: schedule === undefined ? current.schedule : checkedSchedule(schedule, `${field}.schedule`),
    channels:
      channels === undefined
        ? current.channels
        : chosen(
            WARNING_CHANNELS,
            channels,
            `${field}.channels`,
            'at least one way to warn; to send none, switch the warnings off',
          ),
  };
}

function changedTask(
  current: TaskByAge,
  { enabled, after, schedule }: TaskChanges,
  field: string,
  leastAfter: Duration,
): TaskByAge {
  return {
    enabled: enabled ?? current.enabled,
    after: after === undefined ? current.after : checkedDuration(after, `${field}.after`, leastAfter),
    schedule: schedule === undefined ? current.schedule : checkedSchedule(schedule, `${field}.schedule`),
  };
}

function checkedProfiles(asked: readonly AskedProfile[], field: string): LifetimeProfile[] {
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

function checkedThresholds(asked: readonly Duration[], field: string): Duration[] {
  if (asked.length < 1 || asked.length > MOST_THRESHOLDS) {
    throw invalidInput(
      field,
      `This must be a list of 1 to ${MOST_THRESHOLDS} durations; to send no warnings, set enabled to false.`,
    );
  }
  const thresholds = asked.map((threshold, index) => checkedDuration(threshold, `${field}.${index}`, 'PT1S'));
  // In their shortest form two of the same length are the same text.
  const repeated = thresholds.find((threshold, index) => thresholds.indexOf(threshold) < index);
  if (repeated !== undefined) throw invalidInput(field, `Each length once: ${repeated} is there twice.`);
  return thresholds.sort((one, other) => durationSeconds(other) - durationSeconds(one));
}

function checkedDuration(asked: Duration, field: string, least: Duration): Duration {
  const duration = parseDuration(asked);
  if (duration === undefined || durationSeconds(duration) < durationSeconds(least)) {
    throw invalidInput(field, `This must be a duration from ${least} to P3650D.`);
  }
  return duration;
}

function checkedSchedule(asked: string, field: string): string {
  if (parseSchedule(asked) === undefined) {
    throw invalidInput(
      field,
      'This must be a cron expression of five fields in UTC (minute, hour, day, month, weekday) of numbers and * , - / ' +
        'that comes to pass, as "0 8 * * *".',
    );
  }
  return asked
    .trim()
    .split(/[ \t]+/)
    .join(' ');
}

/** Each of them once, in the order in which they are listed everywhere. */
function chosen<Word extends string>(
  known: readonly Word[],
  asked: readonly Word[],
  field: string,
  right: string,
): Word[] {
  if (asked.length === 0) throw invalidInput(field, `This must be ${right}.`);
  return known.filter((word) => asked.includes(word));
}
