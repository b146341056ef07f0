import { randomBytes, randomUUID } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { ensureFirstPolicy } from '@tokenwarden/policy';
import { Sealing } from '@tokenwarden/secrets';
import { readSettings } from '@tokenwarden/settings';
import { SigningService } from '@tokenwarden/signing';
import { Logs } from '@tokenwarden/telemetry';
import type { Caller, Scope } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { IssuingService } from '../src/issuing.service.js';

/** Everything that issuing stands on, on a database of its own, with no one in it. */
export class World {
  private constructor(
    private readonly fresh: TestDatabase,
    readonly database: Database,
    readonly signing: SigningService,
    readonly issuing: IssuingService,
  ) {}

  static async begin(): Promise<World> {
    const fresh = await freshDatabase();
    const database = await openDatabase(fresh.url, { poolSize: 12 });
    const settings = readSettings({
      PUBLIC_URL: 'https://tokens.example',
      AUDIENCES: 'https://warehouse.example,https://api.example',
    });
    const logs = new Logs({ level: 'fatal' });
    const sealing = new Sealing(randomBytes(32));
    const signing = new SigningService(database, sealing, settings, new JwtService(), logs);
    await database.transaction(ensureFirstPolicy);
    await signing.ensureKey();
    return new World(fresh, database, signing, new IssuingService(database, settings, signing));
  }

  async end(): Promise<void> {
    this.signing.onApplicationShutdown();
    await this.database.close();
    await this.fresh.close();
  }

  /** A live group with these grants. */
  async group(grants: Scope[] = []): Promise<string> {
    const id = randomUUID();
    await this.sql(`INSERT INTO groups (id, name, search_text, grants) VALUES ($1, $2, $2, $3)`, [
      id,
      id,
      grants,
    ]);
    return id;
  }

  /** A person of these groups, signed in, with what a request of theirs may do. */
  async person(facts: { groupIds?: string[]; permissions?: Scope[] } = {}): Promise<Caller> {
    const id = randomUUID();
    const { groupIds = [], permissions = [] } = facts;
    await this.sql(
      `INSERT INTO users (id, username, canonical_username, display_name, search_text) VALUES ($1, $2, $2, $2, $2)`,
      [id, id],
    );
    for (const groupId of groupIds) {
      await this.sql('INSERT INTO group_members (group_id, user_id) VALUES ($1, $2)', [groupId, id]);
    }
    return {
      carrier: 'session',
      principal: { kind: 'USER', id, name: id },
      groupIds,
      permissions,
      tokenId: null,
      sessionId: randomUUID(),
      endsAt: new Date('2100-01-01T00:00:00Z'),
      origin: { address: '127.0.0.1', userAgent: null, requestId: null },
    };
  }

  /** A service account linked to these groups. */
  async account(groupIds: string[]): Promise<string> {
    const id = randomUUID();
    await this.sql(
      `INSERT INTO service_accounts (id, name, search_text, created_at, created_by)
       VALUES ($1, $2, $2, clock_timestamp(), '{"kind":"SYSTEM","id":null,"name":"Tokenwarden"}')`,
      [id, id],
    );
    for (const groupId of groupIds) {
      await this.sql('INSERT INTO service_account_groups (service_account_id, group_id) VALUES ($1, $2)', [
        id,
        groupId,
      ]);
    }
    return id;
  }

  /** So many tokens of a person, all created `ageSeconds` ago and live for an hour from then. */
  async manyTokens(person: Caller, count: number, ageSeconds: number): Promise<void> {
    await this.sql(
      `INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, audiences, issuer, kid, created_at,
         created_by, expires_at, ends_at)
       SELECT gen_random_uuid(), 'USER', $1, 'one of many', 'one of many', 'interactive', '{a}', 'https://tokens.example',
         (SELECT kid FROM signing_keys LIMIT 1), born.at, '{}', born.at + interval '1 day', born.at + interval '1 day'
       FROM generate_series(1, $2::integer),
         (SELECT date_trunc('second', clock_timestamp()) - make_interval(secs => $3::integer) AS at) AS born`,
      [person.principal.id, count, ageSeconds],
    );
  }

  /** The tokens that a principal has. */
  async tokensOf(principalId: string): Promise<number> {
    return (await this.sql('SELECT FROM access_tokens WHERE principal_id = $1', [principalId])).length;
  }

  async sql<T>(statement: string, parameters: unknown[] = []): Promise<T[]> {
    return this.database.read((tx) => rows<T>(tx, statement, parameters));
  }
}
