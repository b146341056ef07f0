import {
  HOUSEKEEPING_TASKS,
  parseSchedule,
  type HousekeepingTask,
  type Schedule,
} from '@tokenwarden/vocabulary';
import type { RunWork } from './run.js';

/** What is done again and again; the machinery of runs asks it when, and hands it one run at a time. */
export interface Task {
  readonly name: HousekeepingTask;
  /** How long one run may take, in seconds; after that its signal aborts and it is FAILED. */
  readonly budgetSeconds: number;
  /** When it runs by itself, as it stands now: five cron fields in UTC that `parseSchedule` reads. */
  schedule(): string;
  /** Whether its schedule is on; by hand it runs always. */
  isEnabled(): boolean;
  /** One run. */
  readonly run: RunWork;
}

/**
 * When the task runs by itself, as it stands now.
 * @throws Error where its schedule was not checked before
 */
export function scheduleOf(task: Task): Schedule {
  const schedule = parseSchedule(task.schedule());
  if (!schedule) throw new Error(`The schedule of ${task.name} was not checked.`);
  return schedule;
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
