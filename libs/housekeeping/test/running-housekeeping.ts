import { afterAll, beforeEach } from '@jest/globals';
import { openDatabase, type Database } from '@tokenwarden/database';
import { AdministratorsMail } from '@tokenwarden/directory';
import { Notifications } from '@tokenwarden/notifications';
import { Settings, type SettingsValues } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import type { Author, HousekeepingTask, JsonObject } from '@tokenwarden/vocabulary';
import { databaseForSpecs, until } from '../../../test/harness/index.js';
import type { RunOutcome, RunWork } from '../src/runs/run.js';
import { RunEnds } from '../src/runs/run-end.js';
import { Runs, type Start } from '../src/runs/runs.js';
import { Scheduler } from '../src/runs/scheduler.js';
import { Tasks, type Task } from '../src/runs/task.js';
import { HousekeepingWorld } from './housekeeping-world.js';

/** Somebody who may start housekeeping. */
export const ADA: Author = {
  actor: { kind: 'USER', id: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01', name: 'ada' },
  actorTokenId: null,
  origin: null,
};
/** By hand, by ada. */
export const BY_HAND: Start = { trigger: 'MANUAL', by: ADA, dryRun: false };
/** The same, and only looks. */
export const DRY: Start = { ...BY_HAND, dryRun: true };

/** What a run that went well says. */
export const DONE: RunOutcome = { state: 'SUCCEEDED', examined: 3, affected: 1 };
/** Work that goes well at once. */
export const succeed: RunWork = () => Promise.resolve(DONE);

/** One instance: a process' own objects and its own connections. */
export interface Instance {
  readonly name: string;
  readonly database: Database;
  readonly task: Task;
  readonly tasks: Tasks;
  readonly runs: Runs;
  readonly scheduler: Scheduler;
}

/** How a test wants an instance. */
export interface InstanceOptions {
  readonly name?: string;
  /** The one task that it has; the directory's where left out. */
  readonly task?: HousekeepingTask;
  readonly work?: RunWork;
  readonly schedule?: string;
  readonly isEnabled?: boolean;
  /** Instead of these two: by the policy. */
  readonly timing?: Task['timing'];
  readonly budgetSeconds?: number;
  /** Where its mail goes; none is sent when left out. */
  readonly mail?: Settings['mail'];
  /** Where its database is, if something stands before it. */
  readonly url?: string;
}

/** A run as its row has it. */
export interface StoredRun {
  readonly id: string;
  readonly fence: string;
  readonly trigger: string;
  readonly process: string;
  readonly dry_run: boolean;
  readonly state: string;
  readonly lease_until: Date | null;
  readonly error: string | null;
  readonly details: JsonObject | null;
}

interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly error?: unknown;
}

/** Several instances on one database, as far as runs of housekeeping go. */
export class RunningHousekeeping extends HousekeepingWorld {
  /** What all of them have logged. */
  readonly lines: LogLine[] = [];
  private readonly instances: Instance[] = [];
  private named = 0;

  /** Another instance, with the one task that there is. */
  async another(options: InstanceOptions = {}): Promise<Instance> {
    const name = options.name ?? `instance-${(this.named += 1)}`;
    const database = await openDatabase(options.url ?? this.server.url, { applicationName: name });
    const settings = new Settings({
      instanceName: name,
      mail: options.mail,
    } as Partial<SettingsValues> as SettingsValues);
    const destination = { write: (line: string) => void this.lines.push(JSON.parse(line) as LogLine) };
    const logs = new Logs({ level: 'info', destination });
    const task: Task = {
      name: options.task ?? 'DIRECTORY_SYNC',
      budgetSeconds: options.budgetSeconds ?? 60,
      timing:
        options.timing ??
        (() => ({
          schedule: options.schedule ?? '* * * * *',
          isEnabled: options.isEnabled ?? true,
          isSetting: true,
        })),
      run: options.work ?? succeed,
    };
    const tasks = new Tasks([task]);
    const mail = new AdministratorsMail(new Notifications(database, logs, settings));
    const runs = new Runs(database, tasks, settings, logs, new RunEnds(logs, mail));
    const scheduler = new Scheduler(database, tasks, runs, logs);
    const instance = { name, database, task, tasks, runs, scheduler };
    this.instances.push(instance);
    return instance;
  }

  /** All runs, in the order of their claims. */
  all(): Promise<StoredRun[]> {
    return this.sql('SELECT * FROM housekeeping_runs ORDER BY fence');
  }

  /** What the trail says, in order of arrival. */
  events(): Promise<{ action: string; actor_name: string; target_id: string; details: JsonObject }[]> {
    return this.sql(
      'SELECT action, actor_name, target_id, details FROM audit_pending_events ORDER BY arrival',
    );
  }

  /** Waits until all that was begun has ended. */
  async untilNobodyRuns(): Promise<void> {
    await until(async () => (await this.all()).every(({ state }) => state !== 'RUNNING'));
  }

  /** Ends what the instances of this test do, and begins anew. */
  async forget(): Promise<void> {
    await this.end(this.instances);
    this.lines.length = 0;
    await this.beginAnew();
  }
}

/** Instances for the tests of one file; each test begins without any. */
export function housekeepingForSpecs(): RunningHousekeeping {
  afterAll(() => housekeeping.forget()); // before their database goes: that is said behind this
  const housekeeping = new RunningHousekeeping(databaseForSpecs());
  beforeEach(() => housekeeping.forget());
  return housekeeping;
}

/** Work that a test lets begin and end when it wants to. */
export class Gate {
  private readonly opened: Promise<void>;
  open: () => void = () => undefined;
  private enter: () => void = () => undefined;
  /** Somebody has come to the gate. */
  readonly reached: Promise<void>;

  constructor() {
    this.opened = new Promise((resolve) => (this.open = resolve));
    this.reached = new Promise((resolve) => (this.enter = resolve));
  }

  /** Says that somebody is here, and waits until it is opened. */
  async pass(): Promise<void> {
    this.enter();
    await this.opened;
  }

  /** Work that waits at the gate and then goes well. */
  readonly work: RunWork = async () => {
    await this.pass();
    return DONE;
  };
}
