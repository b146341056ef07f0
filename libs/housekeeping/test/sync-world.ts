import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { databaseNow, openDatabase, type Database } from '@tokenwarden/database';
import {
  AdministratorsMail,
  DirectoryService,
  FileSource,
  type DirectoryAnswer,
  type DirectorySource,
} from '@tokenwarden/directory';
import { Notifications } from '@tokenwarden/notifications';
import { Settings, type SettingsValues } from '@tokenwarden/settings';
import { Logs, Metrics } from '@tokenwarden/telemetry';
import { addToken } from '@tokenwarden/tokens';
import { addDuration, SYSTEM, wholeSecond, type Caller, type TokenKind } from '@tokenwarden/vocabulary';
import { databaseForSpecs } from '../../../test/harness/index.js';
import { DirectoryAcceptance } from '../src/directory-sync/acceptance.js';
import { DirectoryGauges } from '../src/directory-sync/directory-gauges.js';
import { DirectorySync } from '../src/directory-sync/directory-sync.js';
import { DirectorySyncTask } from '../src/directory-sync/directory-sync.task.js';
import { SyncLog } from '../src/directory-sync/sync-log.js';
import type { HousekeepingRunRecord } from '../src/runs/run.js';
import { RunEnds } from '../src/runs/run-end.js';
import { Runs, type Start } from '../src/runs/runs.js';
import { Tasks } from '../src/runs/task.js';
import { HousekeepingWorld } from './housekeeping-world.js';
import { ADA } from './running-housekeeping.js';

/** ada, who administers. */
export const ADA_ID = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01';
/** The group of the administrators. */
export const ADMINS_ID = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11';
/** ada in a session. */
export const ADA_IN_SESSION: Caller = {
  ...{ carrier: 'session', tokenId: null, sessionId: 's', groupIds: [ADMINS_ID], permissions: ['*:*'] },
  principal: { kind: 'USER', id: ADA_ID, name: 'ada' },
  endsAt: new Date('2099-01-01T00:00:00Z'),
  origin: { address: null, userAgent: null, requestId: null },
};

/** What a directory file holds. */
export interface People {
  readonly users: readonly object[];
  readonly groups: readonly object[];
}

/** A line of the log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
}

/** The id of the person of this number. */
export const userId = (number: number) => `0c5a6f2e-4b1d-4f0e-9a3b-${String(number).padStart(12, '0')}`;
/** The id of the group of this number. */
export const groupId = (number: number) => `7e1b9d34-2c68-4a57-8f90-${String(number).padStart(12, '0')}`;

/** ada, the administrators, and people from a number up to another one, who are members of nothing. */
export function people(from: number, to: number, facts: object = {}): People {
  const ada = { id: ADA_ID, username: 'ada', displayName: 'Ada', email: 'ada@example.com' };
  const others = Array.from({ length: to - from }, (_, i) => ({
    ...{ id: userId(from + i), username: `user${from + i}`, displayName: `User ${from + i}` },
    ...{ email: `user${from + i}@example.com`, ...facts },
  }));
  return {
    users: [ada, ...others],
    groups: [{ id: ADMINS_ID, name: 'admins', members: ['ada'] }],
  };
}

/** One process that synchronises: its own objects and its own connections. */
export interface SyncInstance {
  readonly database: Database;
  readonly directory: DirectoryService;
  readonly runs: Runs;
  readonly task: DirectorySyncTask;
  readonly sync: DirectorySync;
  readonly acceptance: DirectoryAcceptance;
  readonly metrics: Metrics;
  /** A whole run of the task, as it ended. */
  synchronise(start?: Partial<Start>): Promise<HousekeepingRunRecord>;
  stop(): Promise<void>;
}

/** Stops whoever reads the directory, after the file was read, until it is opened. */
export class Gate {
  private release: (() => void) | undefined;
  private open: Promise<void> = Promise.resolve();
  private arrive: (() => void) | undefined;

  /** From now on readers stop; resolves when the first one has. */
  close(): Promise<void> {
    this.open = new Promise((resolve) => (this.release = resolve));
    return new Promise((resolve) => (this.arrive = resolve));
  }

  letThrough(): void {
    this.release?.();
  }

  async pass(): Promise<void> {
    this.arrive?.();
    await this.open;
  }
}

/** A directory file, a database, and as many processes that synchronise them as a test wants. */
export class SyncWorld extends HousekeepingWorld {
  readonly lines: LogLine[] = [];
  /** Where instances made from now on send their mail; none is sent where undefined. */
  mail: Settings['mail'];
  private readonly instances: SyncInstance[] = [];
  private folder = '';

  get path(): string {
    return join(this.folder, 'directory.json');
  }

  /** Everything as at the beginning: an empty copy, and no file. */
  async begin(): Promise<void> {
    this.lines.length = 0;
    await this.beginAnew('directory_copy', 'users', 'groups', 'service_accounts', 'access_tokens');
    this.folder = await mkdtemp(join(tmpdir(), 'sync-'));
  }

  /** Stops the instances of this test. */
  async stop(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.stop()));
    this.instances.length = 0;
    await rm(this.folder, { recursive: true });
  }

  /** What the directory says from now on. */
  async says({ users, groups }: People): Promise<void> {
    await writeFile(this.path, JSON.stringify({ users, groups }));
  }

  /** Another process, which has these ADMIN_GROUPS. */
  async instance(
    name = `instance-${this.instances.length + 1}`,
    gate?: Gate,
    adminGroups: readonly string[] = ['admins'],
  ): Promise<SyncInstance> {
    const database = await openDatabase(this.server.url, { applicationName: name });
    const settings = new Settings({
      ...{ instanceName: name, directorySyncSchedule: '*/5 * * * *', adminGroups },
      mail: this.mail,
    } as Partial<SettingsValues> as SettingsValues);
    const destination = { write: (line: string) => void this.lines.push(JSON.parse(line) as LogLine) };
    const logs = new Logs({ level: 'info', destination });
    const metrics = new Metrics(logs);
    const file = new FileSource({ path: this.path, acceptsPlainPasswords: true });
    const directory = new DirectoryService(gate ? gated(file, gate) : file, database);
    const mail = new AdministratorsMail(new Notifications(database, logs, settings));
    const task = new DirectorySyncTask(database, directory, settings, new SyncLog(logs), mail);
    const runs = new Runs(database, new Tasks([task]), settings, logs, new RunEnds(logs, mail));
    const sync = new DirectorySync(database, runs, task, logs);
    new DirectoryGauges(database, metrics).onModuleInit();
    const instance: SyncInstance = {
      ...{ database, directory, runs, task, sync, metrics },
      acceptance: new DirectoryAcceptance(database, runs, task),
      synchronise: async (start = {}) =>
        (await runs.begin(task.name, { trigger: 'MANUAL', by: ADA, dryRun: false, ...start })).ended,
      stop: async () => {
        sync.beforeApplicationShutdown();
        await runs.beforeApplicationShutdown();
        await database.close();
      },
    };
    this.instances.push(instance);
    return instance;
  }

  /** So many new tokens of this principal, which live for a day. */
  async tokens(count: number, kind: TokenKind, principalId: string): Promise<void> {
    await this.addSigningKey();
    await this.database.transaction(async (tx) => {
      const createdAt = wholeSecond(await databaseNow(tx));
      for (let made = 0; made < count; made += 1) {
        await addToken(
          tx,
          {
            ...{ id: randomUUID(), kind, principalId, name: `token ${made}`, description: null },
            ...{ profile: 'interactive', scopes: null, audiences: ['here'], issuer: 'here' },
            ...{ kid: 'tokenwarden-test', createdAt, expiresAt: addDuration(createdAt, 'P1D') },
          },
          SYSTEM,
        );
      }
    });
  }

  /** How many users are ACTIVE in the copy. */
  async activeUsers(): Promise<number> {
    const [row] = await this.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM users WHERE state = 'ACTIVE'`,
    );
    return row?.count ?? 0;
  }

  /** The actions in the trail that begin so, in order of arrival. */
  async events(beginning = ''): Promise<string[]> {
    const found = await this.sql<{ action: string }>(
      'SELECT action FROM audit_pending_events WHERE starts_with(action, $1) ORDER BY arrival',
      [beginning],
    );
    return found.map(({ action }) => action);
  }

  /** What the log said that holds this. */
  said(part: string): string[] {
    return this.lines.map(({ msg }) => msg).filter((msg) => msg.includes(part));
  }
}

/** A world for the tests of one file, begun before each of them and ended behind it. */
export function syncWorldForSpecs(): SyncWorld {
  const world = new SyncWorld(databaseForSpecs());
  beforeEach(() => world.begin());
  afterEach(() => world.stop());
  return world;
}

/** An instance for each test of one file: this is always that of the test under way. */
export function instanceForSpecs(world: SyncWorld): SyncInstance {
  const one = {} as SyncInstance;
  beforeEach(async () => {
    Object.assign(one, await world.instance());
  });
  return one;
}

/** Likewise, and it has brought the copy in step with twenty active users; trail and change log begin behind that. */
export function instanceInStepForSpecs(world: SyncWorld): SyncInstance {
  const one = instanceForSpecs(world);
  beforeEach(async () => {
    await world.says(people(0, 19)); // with ada 20 active users
    await one.synchronise();
    await world.sql('TRUNCATE audit_pending_events, changes');
  });
  return one;
}

function gated(source: DirectorySource, gate: Gate): DirectorySource {
  return {
    readAll: async (signal): Promise<DirectoryAnswer> => {
      const answer = await source.readAll(signal);
      await gate.pass();
      return answer;
    },
    authenticate: (username, password) => source.authenticate(username, password),
    check: () => source.check(),
    close: () => source.close(),
  };
}
