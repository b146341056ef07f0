import type { PolicyDocument, PolicyVersionEntity } from '@tokenwarden/policy';
import {
  HOUSEKEEPING_TASKS,
  parseSchedule,
  type HousekeepingTask,
  type Schedule,
} from '@tokenwarden/vocabulary';
import type { RunWork } from './run.js';

/** When a task runs by itself. */
export interface Timing {
  /** Five cron fields in UTC that `parseSchedule` reads. */
  readonly schedule: string;
  /** Whether the schedule is on; by hand a task runs always. */
  readonly isEnabled: boolean;
  /** It comes from a setting and not from the policy: processes may differ in it, and nobody remembers it. */
  readonly isSetting?: boolean;
}

/** The timing of a task as it was last seen, by whichever process; both null before that. */
export interface SeenTiming {
  readonly seenSchedule: string | null;
  readonly seenEnabled: boolean | null;
}

/** What is done again and again; the machinery of runs asks it when, and hands it one run at a time. */
export interface Task {
  readonly name: HousekeepingTask;
  /** How long one run may take, in seconds; after that its signal aborts and it is FAILED. */
  readonly budgetSeconds: number;
  /** What it does follows from what time it is: while the database's clock cannot be trusted it writes nothing. */
  readonly isByTheClock?: boolean;
  /** When it runs by itself under this policy, the one in force: it is asked again at every look. */
  timing(policy: PolicyDocument): Timing;
  /** One run. */
  readonly run: RunWork;
}

/**
 * The schedule of a timing.
 * @throws Error where it was not checked before
 */
export function scheduleOf({ schedule }: Timing): Schedule {
  const parsed = parseSchedule(schedule);
  if (!parsed) throw new Error(`The schedule "${schedule}" was not checked.`);
  return parsed;
}

/** Whether a timing is another one than was last seen of its task; one by a setting is never looked at. */
export function isNewTiming(timing: Timing, seen: SeenTiming): boolean {
  if (timing.isSetting) return false;
  return timing.schedule !== seen.seenSchedule || timing.isEnabled !== seen.seenEnabled;
}

/**
 * Since when the task has had the timing of the newest of these versions: when the oldest of those was made that have it without one
 * between them that has not.
 * @param versions newest first
 */
export function timingSince(task: Pick<Task, 'timing'>, versions: readonly PolicyVersionEntity[]): Date {
  const [inForce] = versions;
  if (!inForce) throw new Error('The policy has no version.');
  const { schedule, isEnabled } = task.timing(inForce.document);
  const isAnother = ({ document }: PolicyVersionEntity) =>
    isNewTiming(task.timing(document), { seenSchedule: schedule, seenEnabled: isEnabled });
  const first = versions.findIndex(isAnother);
  return (versions.at(first === -1 ? -1 : first - 1) ?? inForce).createdAt;
}

/** Every task that there is, in the order of the contract. */
export class Tasks {
  readonly all: readonly Task[];

  constructor(tasks: readonly Task[]) {
    this.all = HOUSEKEEPING_TASKS.flatMap((name) => tasks.filter((task) => task.name === name));
  }

  /** @throws Error where nobody has registered it */
  named(name: HousekeepingTask): Task {
    const task = this.all.find((one) => one.name === name);
    if (!task) throw new Error(`The housekeeping task ${name} is not registered.`);
    return task;
  }
}
