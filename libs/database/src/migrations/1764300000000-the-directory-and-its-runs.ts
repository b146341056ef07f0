import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Housekeeping runs, each once whatever the number of instances; what a held answer would have done; suspensions that follow. */
export class TheDirectoryAndItsRuns1764300000000 implements MigrationInterface {
  name = 'TheDirectoryAndItsRuns1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [TASKS, RUNS, HELD_ANSWERS, WAITING_SUSPENSIONS, DROPPED_PINS, LAST_ANSWER]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE directory_copy DROP COLUMN applied_at');
    await runner.query(
      'DROP TABLE dropped_administrator_groups, waiting_suspensions, directory_held_answers, housekeeping_runs, housekeeping_tasks',
    );
  }
}

// One row a task: whoever claims a run holds it. `fence` grows with every claim, and whatever a run writes names its own.
const TASKS = `
CREATE TABLE housekeeping_tasks (
  task text PRIMARY KEY CONSTRAINT housekeeping_tasks_are_known
    CHECK (task IN ('EXPIRY_WARNINGS', 'PURGE', 'IDLE_REVOCATION', 'DIRECTORY_SYNC')),
  fence bigint NOT NULL DEFAULT 0,
  scheduled_through timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_success_at timestamptz
);
INSERT INTO housekeeping_tasks (task) VALUES ('DIRECTORY_SYNC');
`;

// A run that is RUNNING is the lock of its task until `lease_until`; dry runs have a place of their own beside it. `is_fault`:
// it FAILED, and something is wrong with its task; one that was stopped or refused is none.
const RUNS = `
CREATE TABLE housekeeping_runs (
  id uuid PRIMARY KEY,
  task text NOT NULL REFERENCES housekeeping_tasks,
  fence bigint NOT NULL,
  trigger text NOT NULL CONSTRAINT housekeeping_runs_trigger_is_known CHECK (trigger IN ('SCHEDULE', 'MANUAL', 'CATCH_UP')),
  started_by jsonb NOT NULL,
  process text NOT NULL,
  dry_run boolean NOT NULL,
  state text NOT NULL CONSTRAINT housekeeping_runs_state_is_known CHECK (state IN ('RUNNING', 'SUCCEEDED', 'FAILED', 'HELD')),
  started_at timestamptz NOT NULL,
  lease_until timestamptz,
  finished_at timestamptz,
  examined integer NOT NULL DEFAULT 0 CONSTRAINT housekeeping_runs_examined_counts CHECK (examined >= 0),
  affected integer NOT NULL DEFAULT 0 CONSTRAINT housekeeping_runs_affected_counts CHECK (affected >= 0),
  error text,
  is_fault boolean NOT NULL DEFAULT false,
  details jsonb,
  CONSTRAINT housekeeping_runs_end_once CHECK ((state = 'RUNNING') = (finished_at IS NULL)),
  CONSTRAINT housekeeping_runs_hold_their_lock_while_running CHECK ((state = 'RUNNING') = (lease_until IS NOT NULL)),
  CONSTRAINT housekeeping_runs_say_why_they_failed CHECK ((state = 'FAILED') = (error IS NOT NULL)),
  CONSTRAINT housekeeping_runs_are_faults_where_they_failed CHECK (NOT is_fault OR (state = 'FAILED' AND NOT dry_run)),
  CONSTRAINT housekeeping_runs_hold_only_the_directory CHECK (state <> 'HELD' OR (task = 'DIRECTORY_SYNC' AND NOT dry_run)),
  CONSTRAINT housekeeping_runs_have_their_own_fence UNIQUE (task, fence)
);
CREATE UNIQUE INDEX housekeeping_runs_one_at_a_time ON housekeeping_runs (task, dry_run) WHERE state = 'RUNNING';
CREATE INDEX housekeeping_runs_by_start ON housekeeping_runs (started_at, id);
CREATE INDEX housekeeping_runs_of_task_by_start ON housekeeping_runs (task, started_at, id);
`;

// The answer that waits for an administrator: one at most. `held_since`: when the first of those in its place was held.
const HELD_ANSWERS = `
CREATE TABLE directory_held_answers (
  run_id uuid PRIMARY KEY REFERENCES housekeeping_runs ON DELETE CASCADE,
  disabled_user_ids uuid[] NOT NULL,
  removed_user_ids uuid[] NOT NULL,
  removed_group_ids uuid[] NOT NULL,
  emptied_group_ids uuid[] NOT NULL,
  held_since timestamptz NOT NULL
);
CREATE UNIQUE INDEX directory_held_answers_one_waits ON directory_held_answers ((true));
`;

// A user with very many tokens is disabled at once and their tokens are suspended behind the commit.
const WAITING_SUSPENSIONS = `
CREATE TABLE waiting_suspensions (
  user_id uuid PRIMARY KEY REFERENCES users,
  decided_at timestamptz NOT NULL
);
CREATE INDEX waiting_suspensions_by_moment ON waiting_suspensions (decided_at, user_id);
`;

// What a name of ADMIN_GROUPS stood for when it left the setting: named again, it stands for nothing else.
const DROPPED_PINS = `
CREATE TABLE dropped_administrator_groups (
  setting_name text PRIMARY KEY,
  group_id uuid NOT NULL REFERENCES groups,
  dropped_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
`;

// What was read of the directory before the last whole answer was applied may be older than the copy.
const LAST_ANSWER = `
ALTER TABLE directory_copy ADD COLUMN applied_at timestamptz NOT NULL DEFAULT clock_timestamp();
`;
