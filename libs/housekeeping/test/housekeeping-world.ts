import { rows, type Database } from '@tokenwarden/database';
import { ensureFirstPolicy } from '@tokenwarden/policy';
import type { HousekeepingTask } from '@tokenwarden/vocabulary';
import type { DatabaseForSpecs } from '../../../test/harness/index.js';
import type { Runs } from '../src/runs/runs.js';
import type { Scheduler } from '../src/runs/scheduler.js';

/** What every process of these specs has. */
interface KeepingProcess {
  readonly database: Database;
  readonly runs: Runs;
  readonly scheduler: Scheduler;
}

/** What the worlds of this room's specs share: one database, and the rows of its tasks and runs, which a test sets back. */
export class HousekeepingWorld {
  constructor(readonly server: DatabaseForSpecs) {}

  /** Beside the processes, for looking. */
  get database(): Database {
    return this.server.database;
  }

  /** One statement, beside all that the processes do. */
  async sql<T = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.database.read((tx) => rows<T>(tx, sql, parameters), { withinSeconds: 60 });
  }

  /** The runs, or those of this task, by trigger and state, in the order of their claims. */
  async story(task?: HousekeepingTask): Promise<string[]> {
    const runs = await this.sql<{ told: string }>(
      `SELECT trigger || ' ' || state AS told FROM housekeeping_runs WHERE task = coalesce($1, task) ORDER BY fence`,
      [task ?? null],
    );
    return runs.map(({ told }) => told);
  }

  /** As if whoever carries out a run had been silent for a minute. */
  async letLeasesExpire(): Promise<void> {
    await this.sql(`UPDATE housekeeping_runs SET lease_until = clock_timestamp() WHERE state = 'RUNNING'`);
  }

  /** As if nobody had looked for so long. */
  async missMoments(interval: string): Promise<void> {
    await this.sql('UPDATE housekeeping_tasks SET scheduled_through = clock_timestamp() - $1::interval', [
      interval,
    ]);
  }

  /** Ends what these processes do, and forgets them. */
  protected async end(processes: KeepingProcess[]): Promise<void> {
    await Promise.all(processes.map(({ scheduler }) => scheduler.beforeApplicationShutdown()));
    await Promise.all(processes.map(({ runs }) => runs.beforeApplicationShutdown()));
    await Promise.all(processes.map(({ database }) => database.close()));
    processes.length = 0;
  }

  /** Empties these tables with the runs and the trail: no task was ever looked at, and the policy is the first one, if that was emptied. */
  protected async beginAnew(...tables: string[]): Promise<void> {
    await this.sql(`TRUNCATE ${[...tables, 'housekeeping_runs'].join(', ')} CASCADE`);
    await this.database.transaction(ensureFirstPolicy);
    await this.sql('TRUNCATE audit_pending_events, changes');
    await this.sql(
      `UPDATE housekeeping_tasks SET fence = 0, last_success_at = NULL, scheduled_through = clock_timestamp(),
         seen_schedule = NULL, seen_enabled = NULL`,
    );
  }

  /** The key that the tokens of these specs name. */
  protected async addSigningKey(): Promise<void> {
    await this.sql(
      `INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from)
       VALUES ('tokenwarden-test', 'ES256', '{}', '', clock_timestamp()) ON CONFLICT DO NOTHING`,
    );
  }
}
