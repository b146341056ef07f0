import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { databaseNow, openDatabase, rows, type Database, type Transaction } from '@tokenwarden/database';
import { applyAnswer, type DirectoryUser } from '@tokenwarden/directory';
import { Logs } from '@tokenwarden/telemetry';
import { writeWaitingSet, type IdsSelect } from '@tokenwarden/tokens';
import { SYSTEM, type Author, type Duration } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { applyConsequences, endOrphanGraces, type ConsequencesDone, type EndedGraces } from '../src/index.js';
import { SuspensionWriter } from '../src/suspension-writer.js';

/** Somebody who administers. */
export const ada: Author = {
  actor: { kind: 'USER', id: 'aaaaaaaa-0000-4000-8000-000000000001', name: 'ada' },
  actorTokenId: null,
  origin: null,
};

/** A token as its row says it is, whatever waits to be written into it. */
export interface TokenRow {
  readonly id: string;
  readonly suspended_at: Date | null;
  readonly suspended_by: { readonly kind: string } | null;
  readonly suspended_with_scope: boolean;
  readonly revoked_at: Date | null;
  readonly revoked_by: { readonly kind: string } | null;
  readonly revoked_reason: string | null;
}

/** A company, on a database of its own, and somebody in it with tokens whom nothing here ever touches. */
export class World {
  private spared: readonly string[] = [];
  /** Users by id, as the directory says they are now. */
  readonly people = new Map<string, DirectoryUser>();
  /** Groups by id, likewise; nobody is in them. */
  readonly groups = new Map<string, string>();
  private readonly ends: (() => Promise<void>)[] = [];
  // Both are made by `open()`, and nobody asks for them before.
  private fresh!: TestDatabase;
  database!: Database;

  async open(): Promise<void> {
    this.fresh = await freshDatabase();
    this.database = await openDatabase(this.fresh.url, { poolSize: 12 });
    await this.sql(
      `INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from)
       VALUES ('tokenwarden-test', 'ES256', '{}', '', clock_timestamp())`,
    );
  }

  /** Nobody is there, and nothing has happened. */
  async begin(): Promise<void> {
    for (const end of this.ends.splice(0)) await end();
    await this.sql(`TRUNCATE users, groups, service_accounts, access_tokens, audit_pending_events, changes,
      bulk_revocations, waiting_suspensions CASCADE`);
    this.people.clear();
    this.groups.clear();
    this.groups.set(randomUUID(), 'everybody');
    const [somebody = ''] = await this.adds(1);
    this.spared = await this.tokens(3, somebody);
  }

  /** Also where it was opened in part only. */
  async close(): Promise<void> {
    for (const end of this.ends.splice(0)) await end();
    await this.database?.close();
    await this.fresh?.close();
  }

  /** So many new users; gives their ids. */
  async adds(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => randomUUID());
    for (const id of ids)
      this.people.set(id, { id, username: id, displayName: id, email: null, enabled: true });
    await this.sync();
    return ids;
  }

  /** Whether the directory says that these are enabled. */
  says(ids: readonly string[], enabled: boolean): void {
    for (const id of ids) this.people.set(id, { id, username: id, displayName: id, email: null, enabled });
  }

  /** These are gone from the directory. */
  forgets(ids: readonly string[]): void {
    for (const id of ids) this.people.delete(id);
  }

  /** What the directory says is applied. */
  sync(orphanGrace: Duration = 'P30D', readFrom?: Date): Promise<ConsequencesDone> {
    return this.database.transaction((tx) => this.apply(tx, orphanGrace, readFrom), { withinSeconds: 60 });
  }

  /** Likewise, in this transaction; an administrator has accepted all of it. */
  async apply(tx: Transaction, orphanGrace: Duration = 'P30D', readFrom?: Date): Promise<ConsequencesDone> {
    const users = [...this.people.values()];
    const groups = [...this.groups].map(([id, name]) => ({ id, name, memberIds: [] }));
    const everybody = (await rows<{ id: string }>(tx, 'SELECT id FROM users')).map(({ id }) => id);
    const everyGroup = (await rows<{ id: string }>(tx, 'SELECT id FROM groups')).map(({ id }) => id);
    const accepted = {
      ...{ disabledUserIds: everybody, removedUserIds: everybody },
      ...{ removedGroupIds: everyGroup, emptiedGroupIds: everyGroup },
    };
    const answer = { whole: true, users, groups, warnings: [] } as const;
    const changes = await applyAnswer(tx, answer, readFrom ?? (await databaseNow(tx)), accepted);
    return applyConsequences(tx, changes, orphanGrace);
  }

  /** The graces that are over end. */
  endGraces(orphanGrace: Duration = 'P30D'): Promise<EndedGraces> {
    return this.database.transaction((tx) => endOrphanGraces(tx, orphanGrace));
  }

  /** So many tokens of a principal, live for an hour; gives their ids in order. */
  async tokens(
    count: number,
    principalId: string,
    kind: 'USER' | 'SERVICE_ACCOUNT' = 'USER',
  ): Promise<string[]> {
    const issued = await this.sql<{ id: string }>(
      `INSERT INTO access_tokens (id, kind, user_id, service_account_id, name, search_text, profile, audiences, issuer, kid,
         created_at, created_by, expires_at, ends_at)
       SELECT gen_random_uuid(), $1, $2, $3, 'one of many', 'one of many', 'interactive', '{here}', 'here', 'tokenwarden-test',
         second, $4, second + interval '1 hour', second + interval '1 hour'
       FROM date_trunc('second', now()) AS second, generate_series(1, $5) RETURNING id`,
      [
        kind,
        kind === 'USER' ? principalId : null,
        kind === 'USER' ? null : principalId,
        JSON.stringify(SYSTEM.actor),
        count,
      ],
    );
    return issued.map(({ id }) => id).sort();
  }

  /** A service account of a group of its own; gives its id and that of the group. */
  async account(): Promise<{ id: string; groupId: string }> {
    const [id, groupId] = [randomUUID(), randomUUID()];
    this.groups.set(groupId, groupId);
    await this.sync();
    await this.sql(
      `INSERT INTO service_accounts (id, name, search_text, created_at, created_by) VALUES ($1, $2, $2, now(), $3)`,
      [id, id, JSON.stringify(SYSTEM.actor)],
    );
    await this.sql('INSERT INTO service_account_groups (service_account_id, group_id) VALUES ($1, $2)', [
      id,
      groupId,
    ]);
    return { id, groupId };
  }

  /** The rows of these tokens, by id. */
  rows(ids: readonly string[]): Promise<TokenRow[]> {
    return this.sql('SELECT * FROM access_tokens WHERE id = ANY($1::uuid[]) ORDER BY id', [ids]);
  }

  /** @throws where a token of somebody was touched of whom nothing was said */
  async expectOthersSpared(): Promise<void> {
    for (const row of await this.rows(this.spared))
      if (row.revoked_at !== null || row.suspended_at !== null) throw new Error('It hit somebody else.');
  }

  /** How many events of an action there are of each of these tokens, as a set: [1] means one of each. */
  async eventsOfEach(ids: readonly string[], action: string): Promise<number[]> {
    const counts = await this.sql<{ count: number }>(
      `SELECT DISTINCT count(e.id)::integer AS count FROM unnest($1::text[]) AS asked (id)
       LEFT JOIN audit_pending_events e ON e.target_id = asked.id AND e.action = $2 GROUP BY asked.id`,
      [ids, action],
    );
    return counts.map(({ count }) => count).sort((a, b) => a - b);
  }

  /** The events of this action, in order. */
  events(
    action: string,
  ): Promise<{ actor_kind: string; target_id: string | null; details: Record<string, unknown> | null }[]> {
    return this.sql('SELECT * FROM audit_pending_events WHERE action = $1 ORDER BY arrival', [action]);
  }

  /** Whom suspensions wait for. */
  async waiting(): Promise<string[]> {
    const found = await this.sql<{ id: string }>('SELECT user_id AS id FROM waiting_suspensions ORDER BY 1');
    return found.map(({ id }) => id);
  }

  /** The ids that the one bulk revocation has frozen. */
  async frozen(): Promise<string[]> {
    const sql = 'SELECT unnest(token_ids) AS id FROM bulk_revocation_sets ORDER BY 1';
    return (await this.sql<{ id: string }>(sql)).map(({ id }) => id);
  }

  /** What bulk revocations have left to write is written. */
  async writeRevocations(): Promise<void> {
    while (await this.database.transaction(writeWaitingSet)) continue;
  }

  /** A process with a writer of its own; not yet started. */
  async process(
    applicationName = 'another',
  ): Promise<{ writer: SuspensionWriter; database: Database; lines: { level: string; count?: number }[] }> {
    const database = await openDatabase(this.fresh.url, { applicationName });
    const lines: { level: string; count?: number }[] = [];
    const destination = { write: (line: string) => void lines.push(JSON.parse(line) as { level: string }) };
    const writer = new SuspensionWriter(database, new Logs({ level: 'info', destination }));
    this.ends.push(async () => {
      await writer.beforeApplicationShutdown();
      await database.close();
    });
    return { writer, database, lines };
  }

  /** One statement by itself. */
  sql<T>(text: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.database.read((tx) => rows<T>(tx, text, parameters), { withinSeconds: 30 });
  }

  /** Keeps everybody from writing this row of a table while the work is done. */
  async whileLocked(table: string, column: string, id: string, work: () => Promise<void>): Promise<void> {
    await this.database.transaction(
      async (tx) => {
        await rows(tx, `SELECT FROM ${table} WHERE ${column} = $1 FOR UPDATE`, [id]);
        await work();
      },
      { withinSeconds: 30 },
    );
  }
}

/** A world for the tests of one file, begun before each; behind each, nobody else may be hit. */
export function worldForSpecs(): World {
  const world = new World();
  beforeAll(() => world.open());
  afterAll(() => world.close());
  beforeEach(() => world.begin());
  afterEach(() => world.expectOthersSpared());
  return world;
}

/** The SELECT of these very ids. */
export function theseIds(ids: readonly string[]): IdsSelect {
  return { sql: 'SELECT unnest($1::uuid[])', parameters: [ids] };
}
