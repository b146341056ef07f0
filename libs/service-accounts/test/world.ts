import { randomUUID } from 'node:crypto';
import { databaseNow, openDatabase, rows, type Database } from '@tokenwarden/database';
import {
  AdministratorsMail,
  applyAnswer,
  DirectoryViews,
  setGrants,
  type WholeAnswer,
} from '@tokenwarden/directory';
import { Notifications } from '@tokenwarden/notifications';
import { Settings, type SettingsValues } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import { addToken } from '@tokenwarden/tokens';
import {
  addDuration,
  SYSTEM,
  wholeSecond,
  type Caller,
  type JsonObject,
  type Scope,
} from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { accountsByIds, groupIdsOfAccounts, type AccountRecord } from '../src/accounts.queries.js';
import { addAccount } from '../src/account-changes.js';
import { orphanAccountsOf } from '../src/orphans.js';
import { ServiceAccountViews } from '../src/service-account-views.js';
import { ServiceAccountsService } from '../src/service-accounts.service.js';

/** Everybody and everything in the world, by what they are called. */
export const IDS = {
  ada: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01',
  grace: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a02',
  linus: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a03',
  admins: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11',
  data: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e12',
  sales: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e13',
  etl: 'b3d8f6a2-9e47-4c15-a6d0-1f4e7b2c5d21',
  nothing: 'b3d8f6a2-9e47-4c15-a6d0-1f4e7b2c5d99',
} as const;

/** What is done to accounts, by a process that sends its mail there; none where left out. */
export function serviceOf(database: Database, logs: Logs, mail?: Settings['mail']): ServiceAccountsService {
  const settings = new Settings({ mail } as Partial<SettingsValues> as SettingsValues);
  const telling = new AdministratorsMail(new Notifications(database, logs, settings));
  return new ServiceAccountsService(database, logs, telling);
}

/** One event as it waits for its sequence. */
export interface KeptEvent {
  readonly action: string;
  readonly actor: string;
  readonly targetId: string | null;
  readonly targetName: string | null;
  readonly details: JsonObject | null;
}

const GROUPS = {
  data: { id: IDS.data, name: 'data', memberIds: [IDS.grace] },
  sales: { id: IDS.sales, name: 'sales', memberIds: [IDS.linus] },
} as const;

/**
 * ada, who administers, grace of data, linus of sales, and nightly-etl, which is linked to data: on a database of its
 * own. data grants dataset/*:read, sales sales/*:read.
 */
export class World {
  private constructor(
    private readonly fresh: TestDatabase,
    readonly database: Database,
    readonly service: ServiceAccountsService,
    readonly views: ServiceAccountViews,
    /** What was logged. */
    readonly lines: string[],
  ) {}

  /** @param mail Where its mail goes; none is sent when left out */
  static async open(mail?: Settings['mail']): Promise<World> {
    const fresh = await freshDatabase();
    const database = await openDatabase(fresh.url, { poolSize: 12 });
    const lines: string[] = [];
    const views = new ServiceAccountViews(database, new DirectoryViews(database));
    const logs = new Logs({ level: 'info', destination: { write: (line) => void lines.push(line) } });
    const service = serviceOf(database, logs, mail);
    const world = new World(fresh, database, service, views, lines);
    await world.sql(`INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from)
      VALUES ('tokenwarden-test', 'ES256', '{}', '', clock_timestamp())`);
    return world;
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.fresh.close();
  }

  /** Everything as it was at the beginning. */
  async begin(): Promise<void> {
    this.lines.length = 0;
    await this.sql(
      'TRUNCATE users, groups, service_accounts, audit_pending_events, changes, bulk_revocations CASCADE',
    );
    await this.sync(['data', 'sales']);
    await this.database.transaction(async (tx) => {
      await setGrants(tx, IDS.admins, ['*:*'], SYSTEM);
      await setGrants(tx, IDS.data, ['dataset/*:read'], SYSTEM);
      await setGrants(tx, IDS.sales, ['sales/*:read'], SYSTEM);
      await addAccount(
        tx,
        { id: IDS.etl, name: 'nightly-etl', description: 'Loads.', groupIds: [IDS.data] },
        SYSTEM,
      );
    });
    await this.sql('TRUNCATE audit_pending_events, changes');
  }

  /** What the directory says from now on: these groups, and the administrators; what follows for accounts is not done. */
  async sync(groups: readonly (keyof typeof GROUPS)[]): Promise<void> {
    const answer: WholeAnswer = {
      whole: true,
      users: (['ada', 'grace', 'linus'] as const).map((username) => ({
        ...{ id: IDS[username], username, displayName: username, email: null, enabled: true },
      })),
      groups: [
        { id: IDS.admins, name: 'admins', memberIds: [IDS.ada] },
        ...groups.map((name) => GROUPS[name]),
      ],
      warnings: [],
    };
    await this.database.transaction(async (tx) => applyAnswer(tx, answer, await databaseNow(tx)));
  }

  /** The groups of nightly-etl are gone, since so many days. */
  async orphan(days = 0): Promise<void> {
    await this.sync(['sales']);
    await this.database.transaction((tx) => orphanAccountsOf(tx, [IDS.data]));
    await this.sql(
      'UPDATE service_accounts SET orphaned_at = orphaned_at - make_interval(days => $1::integer)',
      [days],
    );
    await this.sql('TRUNCATE audit_pending_events, changes');
  }

  /** A live token of an account, and many at once. */
  async token(accountId: string = IDS.etl, facts: { seconds?: number } = {}): Promise<string> {
    return this.database.transaction(async (tx) => {
      const createdAt = wholeSecond(await databaseNow(tx));
      const token = await addToken(
        tx,
        {
          ...{
            id: randomUUID(),
            kind: 'SERVICE_ACCOUNT',
            principalId: accountId,
            name: 'nightly',
            description: null,
          },
          ...{
            profile: 'automation',
            scopes: null,
            audiences: ['here'],
            issuer: 'here',
            kid: 'tokenwarden-test',
          },
          ...{ createdAt, expiresAt: addDuration(createdAt, `PT${facts.seconds ?? 3_600}S`) },
        },
        SYSTEM,
      );
      return token.id;
    });
  }

  async manyTokens(count: number, accountId: string = IDS.etl): Promise<void> {
    await this.sql(
      `INSERT INTO access_tokens (id, kind, service_account_id, name, search_text, profile, audiences, issuer, kid,
         created_at, created_by, expires_at, ends_at)
       SELECT gen_random_uuid(), 'SERVICE_ACCOUNT', $1, 'one of many', 'one of many', 'automation', '{here}', 'here',
         'tokenwarden-test', born.at, '{}', born.at + interval '1 day', born.at + interval '1 day'
       FROM generate_series(1, $2::integer), (SELECT date_trunc('second', clock_timestamp()) AS at) AS born`,
      [accountId, count],
    );
  }

  async account(id: string = IDS.etl): Promise<AccountRecord> {
    const found = (await this.database.read((tx) => accountsByIds(tx, [id]))).get(id);
    if (!found) throw new Error('There never was such an account.');
    return found;
  }

  async groupsOf(id: string = IDS.etl): Promise<string[]> {
    return (await this.database.read((tx) => groupIdsOfAccounts(tx, [id]))).get(id) ?? [];
  }

  /** Everything that was recorded since the beginning, in order. */
  events(): Promise<KeptEvent[]> {
    return this
      .sql(`SELECT action, actor_name AS actor, target_id AS "targetId", target_name AS "targetName", details
      FROM audit_pending_events ORDER BY arrival`);
  }

  /** How many places in the change log speak of this account. */
  async changes(id: string = IDS.etl): Promise<number> {
    const sql = `SELECT FROM changes WHERE kind = 'service-account' AND $1 = ANY(subject_ids::text[])`;
    return (await this.sql(sql, [id])).length;
  }

  sql<T>(statement: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.database.read((tx) => rows<T>(tx, statement, parameters));
  }
}

/** A caller in a session, as a user of these groups who may do this. */
export function callerOf(
  username: 'ada' | 'grace' | 'linus',
  permissions: readonly Scope[],
  groupIds: readonly string[],
  facts: Partial<Caller> = {},
): Caller {
  return {
    ...{ carrier: 'session', principal: { kind: 'USER', id: IDS[username], name: username } },
    ...{ permissions, groupIds, tokenId: null, sessionId: null },
    endsAt: new Date('2100-01-01T00:00:00Z'),
    origin: { address: null, userAgent: null, requestId: null },
    ...facts,
  };
}

/** The administrator, in a session. */
export const ada = callerOf('ada', ['*:*'], [IDS.admins]);
