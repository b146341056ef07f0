import { ArgsType, Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  connectionOf,
  DateTimeScalar,
  ForwardPageArgs,
  IsList,
  JSONScalar,
  MayBeLeftOut,
  Node,
} from '@tokenwarden/api';
import { Actor, toActor } from '@tokenwarden/audit';
import {
  HOUSEKEEPING_RUN_STATES,
  HOUSEKEEPING_TASKS,
  HOUSEKEEPING_TRIGGERS,
  type HousekeepingRunState,
  type HousekeepingTask,
  type HousekeepingTrigger,
  type JsonObject,
} from '@tokenwarden/vocabulary';
import type { HousekeepingRunRecord } from './run.js';

const enumOf = (words: readonly string[]) => Object.fromEntries(words.map((word) => [word, word]));

/** GraphQL's `HousekeepingTask`. */
export const HousekeepingTaskEnum = enumOf(HOUSEKEEPING_TASKS);
registerEnumType(HousekeepingTaskEnum, {
  name: 'HousekeepingTask',
  description: 'What is done again and again without being asked.',
  valuesMap: {
    EXPIRY_WARNINGS: { description: 'Tells people of tokens that end soon.' },
    PURGE: { description: 'Removes the rows of tokens that ended long ago.' },
    IDLE_REVOCATION: { description: 'Warns of tokens that nobody uses, and revokes them later.' },
    DIRECTORY_SYNC: { description: 'Brings users and groups to what the directory says of them.' },
  },
});

/** GraphQL's `HousekeepingTrigger`. */
export const HousekeepingTriggerEnum = enumOf(HOUSEKEEPING_TRIGGERS);
registerEnumType(HousekeepingTriggerEnum, {
  name: 'HousekeepingTrigger',
  description: 'What began a run.',
  valuesMap: {
    SCHEDULE: { description: 'A moment of the schedule of its task.' },
    MANUAL: { description: 'Somebody, by runHousekeeping or acceptDirectoryChanges.' },
    CATCH_UP: { description: 'What was missed while nothing ran, or left behind by a process that is gone.' },
  },
});

/** GraphQL's `HousekeepingRunState`. */
export const HousekeepingRunStateEnum = enumOf(HOUSEKEEPING_RUN_STATES);
registerEnumType(HousekeepingRunStateEnum, {
  name: 'HousekeepingRunState',
  description: 'How far a run is, or how it ended.',
  valuesMap: {
    RUNNING: { description: 'Somebody is at it.' },
    SUCCEEDED: { description: 'It did all that it was for.' },
    FAILED: { description: 'It changed nothing, or not all; error says why.' },
    HELD: { description: 'A directory answer that the brake stopped; it waits for an administrator.' },
  },
});

/** One execution of a housekeeping task. */
@ObjectType('HousekeepingRun', {
  implements: () => [Node],
  description: 'One execution of a housekeeping task: what it did, or why it failed.',
})
export class HousekeepingRun extends Node {
  @Field(() => ID) declare id: string;

  @Field(() => HousekeepingTaskEnum, { description: 'What it does.' })
  task: HousekeepingTask;

  @Field(() => HousekeepingTriggerEnum, { description: 'What began it.' })
  trigger: HousekeepingTrigger;

  @Field(() => Actor, { description: 'Who began it; SYSTEM where nobody did.' })
  startedBy: Actor;

  @Field(() => Boolean, { description: 'It only looked what it would do.' })
  dryRun: boolean;

  @Field(() => HousekeepingRunStateEnum, { description: 'How far it is, or how it ended.' })
  state: HousekeepingRunState;

  @Field(() => DateTimeScalar, { description: "By the database's clock." })
  startedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Null while it is RUNNING.' })
  finishedAt: Date | null;

  @Field(() => Int, { description: 'What it looked at: tokens; users and groups of the directory.' })
  examined: number;

  @Field(() => Int, { description: 'Tokens warned, purged or revoked; users and groups changed.' })
  affected: number;

  @Field(() => String, { nullable: true, description: 'Why it FAILED.' })
  error: string | null;

  @Field(() => JSONScalar, { nullable: true, description: 'What it did, as its task tells it.' })
  details: JsonObject | null;
}

const { Connection } = connectionOf(HousekeepingRun, 'HousekeepingRun');
/** A page of runs. */
export const HousekeepingRunConnection = Connection;

/** A task with its schedule and its newest run. */
@ObjectType('HousekeepingTaskStatus', {
  description: 'A housekeeping task, when it runs and what it last did.',
})
export class HousekeepingTaskStatus {
  @Field(() => HousekeepingTaskEnum, { description: 'Which one.' })
  task: HousekeepingTask;

  @Field(() => Boolean, { description: 'Whether its schedule is on; by hand it always runs.' })
  enabled: boolean;

  @Field(() => String, { description: 'A cron expression of five fields, in UTC.' })
  schedule: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Null where its schedule is off.' })
  nextRunAt: Date | null;

  @Field(() => HousekeepingRun, { nullable: true, description: 'The newest one that is no dry run.' })
  lastRun: HousekeepingRun | null;
}

const MOST_STATES = HOUSEKEEPING_RUN_STATES.length;

/** A page of runs, and which of them. */
@ArgsType()
export class RunListArgs extends ForwardPageArgs {
  @MayBeLeftOut()
  @Field(() => HousekeepingTaskEnum, { nullable: true, description: 'Only runs of this one.' })
  task?: HousekeepingTask | null;

  @MayBeLeftOut()
  @IsList({ most: MOST_STATES })
  @Field(() => [HousekeepingRunStateEnum], { nullable: true, description: 'Any of these.' })
  state?: HousekeepingRunState[] | null;
}

/** Which task is to run now. */
@InputType('RunHousekeepingInput', { description: 'Which task is to run now.' })
export class RunHousekeepingInput {
  @Field(() => HousekeepingTaskEnum, { description: 'Also one whose schedule is off.' })
  task: HousekeepingTask;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Only look what it would do, and change nothing.',
  })
  dryRun: boolean;
}

/** The run that was begun, or that is at it. */
@ObjectType('HousekeepingRunPayload', { description: 'The run that was begun, or that is at it.' })
export class HousekeepingRunPayload {
  @Field(() => HousekeepingRun, { description: 'As it is now: it may still be RUNNING.' })
  run: HousekeepingRun;
}

/** The record as GraphQL's `HousekeepingRun`. */
export function toHousekeepingRun({ startedBy, ...run }: HousekeepingRunRecord): HousekeepingRun {
  return Object.assign(new HousekeepingRun(), run, { startedBy: toActor(startedBy) });
}
