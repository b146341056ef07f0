import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach } from '@jest/globals';
import { openDatabase, type Database } from '@tokenwarden/database';
import { AdministratorsMail } from '@tokenwarden/directory';
import { Notifications } from '@tokenwarden/notifications';
import { Settings, type SettingsValues } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import type { JsonObject } from '@tokenwarden/vocabulary';
import { databaseForSpecs } from '../../../test/harness/index.js';
import type { HousekeepingRunRecord, RunWork } from '../src/runs/run.js';
import { RunEnds } from '../src/runs/run-end.js';
import { Runs, type Start } from '../src/runs/runs.js';
import { Scheduler } from '../src/runs/scheduler.js';
import { Tasks, type Task } from '../src/runs/task.js';
import { HousekeepingWorld } from './housekeeping-world.js';
import { BY_HAND } from './running-housekeeping.js';

/** How a test wants a token; each interval says how long ago, or `-` and so long how far ahead, such as `-1 hour`. */
export interface KeptToken {
  readonly created?: string;
  readonly ends?: string;
  readonly revoked?: string | null;
  readonly suspended?: string | null;
  readonly used?: string | null;
  readonly name?: string;
  readonly predecessorId?: string;
  readonly userId?: string;
}

/** One process: its own connections and its own objects. */
export interface KeepingInstance {
  readonly database: Database;
  readonly task: Task;
  readonly runs: Runs;
  readonly scheduler: Scheduler;
}

/** Tokens of one user and the processes that keep house among them, on one database. */
export class KeptTokens extends HousekeepingWorld {
  readonly userId = randomUUID();
  private readonly instances: KeepingInstance[] = [];

  /** Another process with this task. */
  async another(makeTask: (database: Database) => Task): Promise<KeepingInstance> {
    const name = `keeper-${this.instances.length + 1}`;
    const database = await openDatabase(this.server.url, { applicationName: name });
    const settings = new Settings({ instanceName: name } as Partial<SettingsValues> as SettingsValues);
    const logs = new Logs({ level: 'info', destination: { write: () => undefined } });
    const task = makeTask(database);
    const mail = new AdministratorsMail(new Notifications(database, logs, settings));
    const runs = new Runs(database, new Tasks([task]), settings, logs, new RunEnds(logs, mail));
    const scheduler = new Scheduler(database, new Tasks([task]), runs, logs);
    this.instances.push({ database, task, runs, scheduler });
    return { database, task, runs, scheduler };
  }

  /** One run, begun by hand or as told, from its beginning to its end. */
  async run(
    { runs, task }: KeepingInstance,
    start: Partial<Start> = {},
    work?: RunWork,
  ): Promise<HousekeepingRunRecord> {
    const { ended } = await runs.begin(task.name, { ...BY_HAND, ...start }, work);
    return ended;
  }

  /** A token without any event; gives its id. It is live, a day old and ends in a day, unless told. */
  async token(wanted: KeptToken = {}): Promise<string> {
    const [id = ''] = await this.tokens(1, wanted);
    return id;
  }

  /** So many such tokens; gives their ids in order. */
  async tokens(count: number, wanted: KeptToken = {}): Promise<string[]> {
    const { created = '1 day', ends = '-1 day', revoked = null, suspended = null, used = null } = wanted;
    const made = await this.sql<{ id: string }>(
      `INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by,
         expires_at, ends_at, revoked_at, revoked_by, suspended_at, suspended_by, predecessor_id, first_used_at)
       SELECT gen_random_uuid(), 'USER', $2, $3, $3, 'interactive', '{https://tokens.example}', 'https://tokens.example', 'tokenwarden-test',
         least(now.now - $4::interval, now.now - $5::interval - interval '1 second'), $9::jsonb, now.now - $5::interval, now.now - $5::interval,
         now.now - $6::interval, CASE WHEN $6::interval IS NOT NULL THEN $9::jsonb END,
         now.now - $7::interval, CASE WHEN $7::interval IS NOT NULL THEN $9::jsonb END, $8::uuid, now.now - $10::interval
       FROM date_trunc('second', clock_timestamp()) AS now (now), generate_series(1, $1::integer) RETURNING id`,
      [
        count,
        wanted.userId ?? this.userId,
        wanted.name ?? 'laptop',
        created,
        ends,
        revoked,
        suspended,
        wanted.predecessorId ?? null,
        JSON.stringify(SOMEBODY),
        used,
      ],
    );
    const ids = made.map(({ id }) => id).sort();
    if (used !== null) await this.use(ids, used);
    return ids;
  }

  /** As if these tokens had been used so long ago. */
  async use(ids: readonly string[], ago = '0 s'): Promise<void> {
    await this.sql(
      `INSERT INTO token_uses (token_id, last_used_at) SELECT unnest($1::uuid[]), clock_timestamp() - $2::interval
       ON CONFLICT (token_id) DO UPDATE SET last_used_at = excluded.last_used_at`,
      [ids, ago],
    );
    await this.sql(
      `INSERT INTO token_usage_days (token_id, day, uses) SELECT unnest($1::uuid[]), (clock_timestamp() - $2::interval)::date, 1
       ON CONFLICT (token_id, day) DO UPDATE SET uses = token_usage_days.uses + 1`,
      [ids, ago],
    );
  }

  /** Whether the rows of these tokens are there, in their order. */
  async areThere(ids: readonly string[]): Promise<boolean[]> {
    const there = await this.sql<{ id: string }>('SELECT id FROM access_tokens WHERE id = ANY ($1::uuid[])', [
      ids,
    ]);
    return ids.map((id) => there.some((row) => row.id === id));
  }

  /** How many tokens there are. */
  async count(): Promise<number> {
    const [row] = await this.sql<{ count: number }>('SELECT count(*)::integer AS count FROM access_tokens');
    return row?.count ?? 0;
  }

  /** The events of this action, in order of arrival. */
  events(
    action: string,
  ): Promise<{ target_id: string; target_name: string; actor_name: string; details: JsonObject }[]> {
    return this.sql(
      `SELECT target_id, target_name, actor_name, details FROM audit_pending_events WHERE action = $1 ORDER BY arrival`,
      [action],
    );
  }

  /** A new version of the policy with these members in one of its parts. */
  async setPolicy(part: 'purge' | 'idleRevocation' | 'expiryWarnings', members: JsonObject): Promise<void> {
    await this.sql(
      `INSERT INTO policy_versions (version, document, created_at, created_by, reason)
       SELECT version + 1, jsonb_set(document, ARRAY[$1], (document -> $1) || $2::jsonb), clock_timestamp(), created_by, NULL
       FROM policy_versions ORDER BY version DESC LIMIT 1`,
      [part, JSON.stringify(members)],
    );
  }

  /** Ends what the processes of this test do, and begins anew with one user and no token. */
  async forget(): Promise<void> {
    await this.end(this.instances);
    await this.beginAnew(
      ...[
        'access_tokens',
        'bulk_revocations',
        'bulk_caps',
        'policy_versions',
        'outbox_messages',
        'users',
        'signing_keys',
      ],
    );
    await this.sql('UPDATE use_tracking SET whole_since = clock_timestamp()');
    await this.addSigningKey();
    await this.addUser(this.userId, 'grace');
  }

  /** A user of this id, with an address. */
  async addUser(id: string, username: string): Promise<void> {
    await this.sql(
      `INSERT INTO users (id, username, canonical_username, display_name, search_text, email)
       VALUES ($1, $2, $2, $2, $2, $2 || '@example.org')`,
      [id, username],
    );
  }
}

const SOMEBODY = { kind: 'SYSTEM', id: null, name: 'Tokenwarden' };

/** Tokens and processes for the tests of one file; each test begins with a user and no token. */
export function keptTokensForSpecs(): KeptTokens {
  afterAll(() => kept.forget()); // before their database goes: that is said behind this
  const kept = new KeptTokens(databaseForSpecs());
  beforeEach(() => kept.forget());
  return kept;
}
