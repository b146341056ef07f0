import { durationSeconds, invalidInput, type Duration } from '@tokenwarden/vocabulary';
import {
  WARNING_CHANNELS,
  type PolicyDocument,
  type TaskByAge,
  type WarningChannel,
} from '../policy-document.rules.js';
import { checkedProfiles, type AskedProfile } from './profiles.rules.js';
import { checkedDuration, checkedSchedule, chosen } from './values.rules.js';

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

const MOST_THRESHOLDS = 10;

/**
 * The whole policy after a change: every rule of what a policy may be stands here and in the rules that it asks (rules 13 to 16). Repeated kinds and channels
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
