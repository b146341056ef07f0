import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { openDatabase, rows, type Database, type Transaction } from '@tokenwarden/database';
import { wholeSecond, type Author } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import {
  addToken,
  capTokens,
  holdAllTokens,
  lockToken,
  revokeMany,
  tokenColumns,
  tokensNow,
  writeWaitingCapSet,
  writeWaitingSet,
  type AccessTokenEntity,
  type IdsSelect,
} from '../src/index.js';

const person = (name: string): Author => ({
  actor: { kind: 'USER', id: randomUUID(), name },
  actorTokenId: null,
  origin: null,
});

/** Who has tokens. */
export const grace = person('grace');
/** Who administers. */
export const ada = person('ada');

/** What is said of a token that is issued; the rest does not matter. */
export interface IssuedFacts {
  readonly principalId?: string;
  readonly endsInSeconds?: number;
  readonly profile?: string;
  readonly predecessorId?: string;
}

/** A database of its own with a user and a signing key, in which tokens are issued and looked after. */
export class World {
  readonly userId: string = randomUUID();

  private constructor(
    private readonly template: TestDatabase,
    readonly database: Database,
  ) {}

  static async begin(): Promise<World> {
    const template = await freshDatabase();
    const world = new World(template, await openDatabase(template.url));
    await world.addUser(world.userId);
    await world.sql(
      `INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from)
       VALUES ('tokenwarden-test', 'ES256', '{}', '', clock_timestamp())`,
    );
    return world;
  }

  async end(): Promise<void> {
    await this.database.close();
    await this.template.close();
  }

  /** One statement by itself, which may take its time. */
  sql<T>(text: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.database.read((tx) => rows<T>(tx, text, parameters), { withinSeconds: 60 });
  }

  /** These of the tokens, in their order, as a statement over all of them reads them. */
  listed(ids: readonly string[]): Promise<AccessTokenEntity[]> {
    return this.database.read(async (tx) =>
      rows(
        tx,
        `SELECT ${tokenColumns('t')} FROM ${await tokensNow(tx)} t WHERE t.id = ANY ($1::uuid[]) ORDER BY t.id`,
        [ids],
      ),
    );
  }

  /** Another user, by id. */
  async addUser(id: string = randomUUID()): Promise<string> {
    await this.sql(
      `INSERT INTO users (id, username, canonical_username, display_name, search_text) VALUES ($1, $2, $2, 'Somebody', 'somebody')`,
      [id, id],
    );
    return id;
  }

  /** Starts an hour ago; ends an hour from now, or as told. */
  issued({
    principalId = this.userId,
    endsInSeconds = 3_600,
    profile = 'interactive',
    predecessorId,
  }: IssuedFacts = {}): Promise<AccessTokenEntity> {
    const second = Math.floor(Date.now() / 1_000) * 1_000;
    const token = {
      id: randomUUID(),
      kind: 'USER' as const,
      principalId,
      name: 'Straße',
      description: null,
      profile,
      scopes: null,
      audiences: ['https://tokens.example'],
      issuer: 'https://tokens.example',
      kid: 'tokenwarden-test',
      createdAt: new Date(second - 3_600_000),
      expiresAt: new Date(second + endsInSeconds * 1_000),
      predecessorId,
    };
    return this.database.transaction((tx) => addToken(tx, token, grace));
  }

  /** So many tokens without events, a few thousand by one statement; gives their ids in order. */
  async manyIssued(count: number, principalId = this.userId, profile = 'interactive'): Promise<string[]> {
    const ids: string[] = [];
    while (ids.length < count) {
      const issued = await this.sql<{ id: string }>(
        `INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, audiences, issuer, kid,
           created_at, created_by, expires_at, ends_at)
         SELECT gen_random_uuid(), 'USER', $1, 'many', 'many', $4, '{https://tokens.example}', 'https://tokens.example',
           'tokenwarden-test', second, $2, second + interval '1 hour', second + interval '1 hour'
         FROM date_trunc('second', now()) AS second, generate_series(1, $3) RETURNING id`,
        [principalId, JSON.stringify(grace.actor), Math.min(count - ids.length, 5_000), profile],
      );
      ids.push(...issued.map(({ id }) => id));
    }
    return ids.sort();
  }

  /** Changes the locked token in a transaction. */
  change<T>(id: string, work: (tx: Transaction, token: AccessTokenEntity) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      const token = await lockToken(tx, id);
      if (!token) throw new Error('There is no such token.');
      return work(tx, token);
    });
  }

  /** Revokes these by one decision, whose rows wait to be written. */
  revokeThese(ids: readonly string[], reason: string | null = 'leak'): Promise<number> {
    return this.database.transaction((tx) =>
      revokeMany(tx, theseIds(ids), { by: ada, reason, details: { filter: {} } }),
    );
  }

  /** Caps live tokens of these profiles, seconds each, by a new version of the policy; their rows wait to be written. */
  cap(
    maxima: Readonly<Record<string, number>>,
    enforceFrom = wholeSecond(new Date()),
    reason: string | null = null,
  ): Promise<number> {
    return this.database.transaction(async (tx) => {
      await holdAllTokens(tx);
      const [policy] = await rows<{ version: number }>(
        tx,
        `INSERT INTO policy_versions (version, document, created_at, created_by)
         SELECT count(*) + 1, '{}', now(), '{}' FROM policy_versions RETURNING version`,
      );
      return capTokens(tx, { by: ada, reason, policyVersion: policy?.version ?? 0, enforceFrom, maxima });
    });
  }

  /** Writes until nothing waits, of revocations and of caps. */
  async writeAll(): Promise<void> {
    while (await this.database.transaction(writeWaitingSet)) continue;
    while (await this.database.transaction(writeWaitingCapSet)) continue;
  }

  /** The token's row as it is stored, whatever waits to be written into it. */
  async rowOf(id: string): Promise<Record<string, unknown>> {
    const [row] = await this.sql<Record<string, unknown>>('SELECT * FROM access_tokens WHERE id = $1', [id]);
    if (!row) throw new Error('There is no such row.');
    return row;
  }

  /** The actions recorded of this target, in their order. */
  async actionsOf(id: string): Promise<string[]> {
    const events = await this.eventsOf(id);
    return events.map(({ action }) => action);
  }

  /** The events recorded of this target, in their order. */
  eventsOf(id: string): Promise<{ action: string; actor: unknown; details: unknown }[]> {
    return this.sql('SELECT * FROM audit_pending_events WHERE target_id = $1 ORDER BY arrival', [id]);
  }

  /** How many places in the change log name this subject. */
  async changesOf(kind: string, id: string): Promise<number> {
    const found = await this.sql('SELECT FROM changes WHERE kind = $1 AND $2 = ANY (subject_ids)', [
      kind,
      id,
    ]);
    return found.length;
  }
}

/** The SELECT of these very ids. */
export function theseIds(ids: readonly string[]): IdsSelect {
  return { sql: 'SELECT unnest($1::uuid[])', parameters: [ids] };
}

/** Returns once so many statements of this world wait for a lock of this type: `transactionid` for a row, `advisory`. */
export async function untilWaitingFor(
  world: World,
  type: 'transactionid' | 'advisory',
  count = 1,
): Promise<void> {
  const waiting = () =>
    world.sql(
      `SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
       WHERE NOT l.granted AND l.locktype = $1 AND a.datname = current_database()`,
      [type],
    );
  while ((await waiting()).length < count) await pause(5);
}
