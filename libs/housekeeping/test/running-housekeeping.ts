import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { Settings, type SettingsValues } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import type { Author, JsonObject } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import type { RunWork } from '../src/runs/run.js';
import { Runs, type Start } from '../src/runs/runs.js';
import { Tasks, type Task } from '../src/runs/task.js';

/** Somebody who may start housekeeping. */
export const ADA: Author = {
  actor: { kind: 'USER', id: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01', name: 'ada' },
  actorTokenId: null,
  origin: null,
};

/** One instance: a process' own objects and its own connections. */
export interface Instance {
  readonly name: string;
  readonly database: Database;
  readonly task: Task;
  readonly runs: Runs;
}

/** How a test wants an instance. */
export interface InstanceOptions {
  readonly name?: string;
  readonly work?: RunWork;
  readonly schedule?: string;
  readonly isEnabled?: boolean;
  readonly budgetSeconds?: number;
}

/** A line of the log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly error?: unknown;
}

const NOTHING_TO_DO: RunWork = () => Promise.resolve({ state: 'SUCCEEDED', examined: 0, affected: 0 });

/** Several instances on one database, as far as runs of housekeeping go. */
export class RunningHousekeeping {
  readonly byHand: Start = { trigger: 'MANUAL', by: ADA, dryRun: false };
  readonly dryByHand: Start = { ...this.byHand, dryRun: true };
  readonly lines: LogLine[] = [];
  private readonly instances: Instance[] = [];

  private constructor(
    private readonly server: TestDatabase,
    /** For looking at the tables. */
    readonly database: Database,
  ) {}

  static async create(): Promise<RunningHousekeeping> {
    const server = await freshDatabase();
    return new RunningHousekeeping(server, await openDatabase(server.url));
  }

  /** Another instance, with the one task that there is. */
  async another(options: InstanceOptions = {}): Promise<Instance> {
    const name = options.name ?? `instance-${this.instances.length + 1}`;
    const database = await openDatabase(this.server.url, { applicationName: name });
    const settings = new Settings({ instanceName: name } as Partial<SettingsValues> as SettingsValues);
    const destination = { write: (line: string) => void this.lines.push(JSON.parse(line) as LogLine) };
    const task: Task = {
      name: 'DIRECTORY_SYNC',
      budgetSeconds: options.budgetSeconds ?? 60,
      schedule: () => options.schedule ?? '* * * * *',
      isEnabled: () => options.isEnabled ?? true,
      run: options.work ?? NOTHING_TO_DO,
    };
    const runs = new Runs(database, new Tasks([task]), settings, new Logs({ level: 'info', destination }));
    const instance = { name, database, task, runs };
    this.instances.push(instance);
    return instance;
  }

  /** All runs, oldest claim first. */
  all(): Promise<Record<string, unknown>[]> {
    return this.sql('SELECT * FROM housekeeping_runs ORDER BY fence');
  }

  /** What the trail says, in order of arrival. */
  events(): Promise<{ action: string; actor_name: string; target_id: string; details: JsonObject }[]> {
    return this.sql(
      'SELECT action, actor_name, target_id, details FROM audit_pending_events ORDER BY arrival',
    );
  }

  /** One statement, beside all that the instances do. */
  async sql<T = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.database.read((tx) => rows<T>(tx, sql, parameters));
  }

  /** Takes the lease from whoever has it, as if a minute without a sign had passed. */
  async letLeasesExpire(): Promise<void> {
    await this.sql(`UPDATE housekeeping_runs SET lease_until = clock_timestamp() WHERE state = 'RUNNING'`);
  }

  /** Everything as at the beginning. */
  async forget(): Promise<void> {
    this.lines.length = 0;
    await this.sql('TRUNCATE housekeeping_runs, audit_pending_events CASCADE');
    await this.sql(
      'UPDATE housekeeping_tasks SET fence = 0, last_success_at = NULL, scheduled_through = clock_timestamp()',
    );
  }

  /** Ends what the instances of this test do. */
  async stopAll(): Promise<void> {
    await Promise.all(this.instances.map(({ runs }) => runs.beforeApplicationShutdown()));
    await Promise.all(this.instances.map(({ database }) => database.close()));
    this.instances.length = 0;
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.server.close();
  }
}
