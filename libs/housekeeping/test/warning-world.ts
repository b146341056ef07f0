import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach } from '@jest/globals';
import { openDatabase, type Database } from '@tokenwarden/database';
import { AdministratorsMail } from '@tokenwarden/directory';
import { Notifications } from '@tokenwarden/notifications';
import { Settings, type SettingsValues } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import type { JsonObject } from '@tokenwarden/vocabulary';
import { databaseForSpecs } from '../../../test/harness/index.js';
import { ExpiryWarningsTask } from '../src/expiry-warnings/expiry-warnings.task.js';
import type { HousekeepingRunRecord } from '../src/runs/run.js';
import { RunEnds } from '../src/runs/run-end.js';
import { Runs, type Start } from '../src/runs/runs.js';
import { Scheduler } from '../src/runs/scheduler.js';
import { Tasks } from '../src/runs/task.js';
import { WarningSettler } from '../src/warnings/warning-settler.js';
import { HousekeepingWorld } from './housekeeping-world.js';
import { BY_HAND } from './running-housekeeping.js';

/** How a test wants a user. */
export interface WantedUser {
  readonly email?: string | null;
  readonly state?: 'ACTIVE' | 'DISABLED' | 'REMOVED';
}

/** How a test wants a token; intervals as Postgres reads them. */
export interface WantedToken {
  readonly userId?: string;
  readonly accountId?: string;
  readonly name?: string;
  /** From its creation to its end; a year unless told. */
  readonly lives?: string;
  /** From now to its end. */
  readonly ends: string;
  readonly isRevoked?: boolean;
  readonly isRotated?: boolean;
  readonly isSuspended?: boolean;
  readonly used?: string;
}

/** Where the mail server and the receiver of events of an instance are. */
export interface Ways {
  readonly smtp?: { readonly host: string; readonly port: number };
  readonly webhookUrl?: string;
}

/** One process: its own connections and its own objects. */
export interface WarningInstance {
  readonly name: string;
  readonly database: Database;
  readonly notifications: Notifications;
  readonly task: ExpiryWarningsTask;
  readonly runs: Runs;
  readonly scheduler: Scheduler;
  readonly settler: WarningSettler;
  /** One run from its beginning to its end, by hand unless told. */
  run(start?: Partial<Start>): Promise<HousekeepingRunRecord>;
  stop(): Promise<void>;
}

/** A warning as its row has it. */
export interface StoredWarning {
  readonly token: string;
  readonly threshold: number;
  readonly recipients: number | null;
  readonly isSent: boolean;
}

/** Users, groups, accounts, tokens, and processes that warn of them. */
export class WarningWorld extends HousekeepingWorld {
  readonly lines: { readonly level: string; readonly msg: string }[] = [];
  private readonly instances: WarningInstance[] = [];
  private made = 0;

  /** Another process; its senders send. */
  async another(ways: Ways = {}, name = `warner-${(this.made += 1)}`): Promise<WarningInstance> {
    const database = await openDatabase(this.server.url, { applicationName: name });
    const settings = settingsOf(name, ways);
    const destination = { write: (line: string) => void this.lines.push(JSON.parse(line) as never) };
    const logs = new Logs({ level: 'info', destination });
    const notifications = new Notifications(database, logs, settings);
    notifications.onApplicationBootstrap();
    const task = new ExpiryWarningsTask(database, notifications);
    const tasks = new Tasks([task]);
    const runs = new Runs(
      database,
      tasks,
      settings,
      logs,
      new RunEnds(logs, new AdministratorsMail(notifications)),
    );
    const scheduler = new Scheduler(database, tasks, runs, logs);
    const settler = new WarningSettler(database, logs);
    const instance: WarningInstance = {
      ...{ name, database, notifications, task, runs, scheduler, settler },
      run: async (start = {}) => (await runs.begin(task.name, { ...BY_HAND, ...start })).ended,
      stop: async () => {
        await scheduler.beforeApplicationShutdown();
        await runs.beforeApplicationShutdown();
        await settler.beforeApplicationShutdown();
        await notifications.beforeApplicationShutdown();
        await database.close();
      },
    };
    this.instances.push(instance);
    return instance;
  }

  /** A user of this name; gives the id. The address is `name@example.org` unless told. */
  async user(username: string, wanted: WantedUser = {}): Promise<string> {
    const { email = `${username}@example.org`, state = 'ACTIVE' } = wanted;
    const id = randomUUID();
    await this.sql(
      `INSERT INTO users (id, username, canonical_username, display_name, search_text, email, state, removed_at)
       VALUES ($1, $2, $2, initcap($2), $2, $3, $4, CASE WHEN $4 = 'REMOVED' THEN clock_timestamp() END)`,
      [id, username, email, state],
    );
    return id;
  }

  /** A group with these members; gives the id. */
  async group(members: readonly string[], { isPinned = false, isRemoved = false } = {}): Promise<string> {
    const id = randomUUID();
    await this.sql(
      `INSERT INTO groups (id, name, search_text, state, removed_at)
       VALUES ($1, 'group', 'group', CASE WHEN $2 THEN 'REMOVED' ELSE 'ACTIVE' END, CASE WHEN $2 THEN clock_timestamp() END)`,
      [id, isRemoved],
    );
    await this.sql('INSERT INTO group_members (group_id, user_id) SELECT $1, unnest($2::uuid[])', [
      id,
      members,
    ]);
    if (isPinned) {
      await this.sql(
        'INSERT INTO administrator_groups (setting_name, group_id) VALUES ($1::uuid::text, $1::uuid)',
        [id],
      );
    }
    return id;
  }

  /** A service account linked to these groups; gives the id. */
  async account(name: string, groups: readonly string[]): Promise<string> {
    const id = randomUUID();
    await this.sql(
      `INSERT INTO service_accounts (id, name, search_text, created_at, created_by) VALUES ($1, $2, $2, clock_timestamp(), $3)`,
      [id, name, SOMEBODY],
    );
    await this.sql(
      'INSERT INTO service_account_groups (service_account_id, group_id) SELECT $1, unnest($2::uuid[])',
      [id, groups],
    );
    return id;
  }

  /** A token; gives its id. */
  async token(wanted: WantedToken): Promise<string> {
    const id = randomUUID();
    const { userId, accountId, lives = '365 days', name = 'laptop' } = wanted;
    await this.sql(
      `INSERT INTO access_tokens (id, kind, user_id, service_account_id, name, search_text, profile, audiences, issuer, kid, created_at,
         created_by, expires_at, ends_at, revoked_at, revoked_by, rotated_at, suspended_at, suspended_by)
       SELECT $1, CASE WHEN $2::uuid IS NULL THEN 'SERVICE_ACCOUNT' ELSE 'USER' END, $2, $3, $4, $4, 'interactive', '{https://tokens.example}',
         'https://tokens.example', 'tokenwarden-test', at.ends - $5::interval, $6, at.ends, at.ends,
         CASE WHEN $7 THEN clock_timestamp() END, CASE WHEN $7 THEN $6::jsonb END, CASE WHEN $8 THEN clock_timestamp() END,
         CASE WHEN $9 THEN clock_timestamp() END, CASE WHEN $9 THEN $6::jsonb END
       FROM date_trunc('second', clock_timestamp() + $10::interval) AS at (ends)`,
      [
        ...[id, userId ?? null, accountId ?? null, name, lives, SOMEBODY],
        ...[wanted.isRevoked ?? false, wanted.isRotated ?? false, wanted.isSuspended ?? false, wanted.ends],
      ],
    );
    if (wanted.used !== undefined) {
      await this.sql(
        'INSERT INTO token_uses (token_id, last_used_at) VALUES ($1, clock_timestamp() - $2::interval)',
        [id, wanted.used],
      );
    }
    return id;
  }

  /** Another version of the policy with these members of its warnings. */
  async setWarnings(members: JsonObject): Promise<void> {
    await this.sql(
      `INSERT INTO policy_versions (version, document, created_at, created_by, reason)
       SELECT version + 1, jsonb_set(document, '{expiryWarnings}', (document -> 'expiryWarnings') || $1::jsonb), clock_timestamp(),
         created_by, NULL FROM policy_versions ORDER BY version DESC LIMIT 1`,
      [JSON.stringify(members)],
    );
  }

  /** All warnings, by the token's name and the threshold. */
  warnings(): Promise<StoredWarning[]> {
    return this.sql(
      `SELECT t.name AS token, w.threshold_seconds::int / 86400 AS threshold, w.recipients, w.sent_at IS NOT NULL AS "isSent"
       FROM token_warnings w JOIN access_tokens t ON t.id = w.token_id ORDER BY t.name, w.decided_at, w.threshold_seconds DESC`,
    );
  }

  /** Who is told of the warnings of the tokens of this name, by mail. */
  async toldOf(token: string): Promise<string[]> {
    const found = await this.sql<{ username: string }>(
      `SELECT u.username FROM token_warning_recipients r JOIN token_warnings w ON w.id = r.warning_id
       JOIN access_tokens t ON t.id = w.token_id JOIN users u ON u.id = r.user_id WHERE t.name = $1 ORDER BY u.username`,
      [token],
    );
    return found.map(({ username }) => username);
  }

  /** How many events of warnings there are. */
  async warnedEvents(): Promise<{ name: string; details: JsonObject }[]> {
    return this.sql(
      `SELECT target_name AS name, details FROM audit_pending_events WHERE action = 'token.warned' ORDER BY target_name, arrival`,
    );
  }

  /** Ends what the processes of this test do, and begins anew with nobody and nothing. */
  async forget(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.stop()));
    this.instances.length = 0;
    this.lines.length = 0;
    await this.beginAnew(
      ...[
        'access_tokens',
        'bulk_revocations',
        'bulk_caps',
        'policy_versions',
        'outbox_messages',
        'administrator_groups',
      ],
      ...['service_accounts', 'groups', 'users', 'signing_keys'],
    );
    await this.addSigningKey();
  }
}

/** What events are signed with. */
export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const SOMEBODY = { kind: 'SYSTEM', id: null, name: 'Tokenwarden' };

function settingsOf(instanceName: string, { smtp, webhookUrl }: Ways): Settings {
  const from = { name: 'Tokenwarden', address: 'tokenwarden@example.org' };
  return new Settings({
    ...{ instanceName, publicUrl: 'https://tokens.example.org' },
    mail: smtp && { server: { ...smtp, isTls: false, credentials: undefined }, from },
    webhook: webhookUrl === undefined ? undefined : { url: webhookUrl, secret: WEBHOOK_SECRET },
  } as Partial<SettingsValues> as SettingsValues);
}

/** A world for the tests of one file; each begins with nobody and nothing. */
export function warningWorldForSpecs(): WarningWorld {
  afterAll(() => world.forget()); // before their database goes: that is said behind this
  const world = new WarningWorld(databaseForSpecs());
  beforeEach(() => world.forget());
  return world;
}
