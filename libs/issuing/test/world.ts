import { randomBytes, randomUUID } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { ensureFirstPolicy } from '@tokenwarden/policy';
import { Sealing } from '@tokenwarden/secrets';
import { readSettings } from '@tokenwarden/settings';
import { SigningService } from '@tokenwarden/signing';
import { Logs } from '@tokenwarden/telemetry';
import { findToken, type AccessTokenEntity } from '@tokenwarden/tokens';
import type { Caller, Scope } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { Idempotency } from '../src/idempotency/idempotency.js';
import { IssuingService } from '../src/issuing.service.js';
import { RotationService } from '../src/rotation/rotation.service.js';
import { TokenIssuer } from '../src/token-issuer.js';

const SOMEBODY: Omit<Caller, 'principal' | 'groupIds'> = {
  carrier: 'session',
  permissions: [],
  tokenId: null,
  sessionId: randomUUID(),
  endsAt: new Date('2100-01-01T00:00:00Z'),
  origin: { address: '127.0.0.1', userAgent: null, requestId: null },
};

const SETTINGS = readSettings({
  PUBLIC_URL: 'https://tokens.example',
  AUDIENCES: 'https://warehouse.example,https://api.example',
});

/** What one process of the product issues by. */
export interface Instance {
  readonly issuing: IssuingService;
  readonly rotation: RotationService;
}

/** Everything that issuing stands on, on a database of its own, with no one in it. */
export class World implements Instance {
  readonly issuing: IssuingService;
  readonly rotation: RotationService;

  private constructor(
    private readonly fresh: TestDatabase,
    readonly database: Database,
    private readonly sealing: Sealing,
    readonly signing: SigningService,
  ) {
    const { issuing, rotation } = this.instanceOn(database);
    this.issuing = issuing;
    this.rotation = rotation;
  }

  static async begin(): Promise<World> {
    const fresh = await freshDatabase();
    const database = await openDatabase(fresh.url, { poolSize: 12 });
    const sealing = new Sealing(randomBytes(32));
    const signing = signingOn(database, sealing);
    await database.transaction(ensureFirstPolicy);
    await signing.ensureKey();
    return new World(fresh, database, sealing, signing);
  }

  async end(): Promise<void> {
    this.signing.onApplicationShutdown();
    await this.database.close();
    await this.fresh.close();
  }

  /** The same process, reaching its database in this way. */
  instanceOn(database: Database, signing = this.signing): Instance {
    const issuer = new TokenIssuer(SETTINGS, signing);
    const idempotency = new Idempotency(SETTINGS, signing);
    return {
      issuing: new IssuingService(database, SETTINGS, issuer, idempotency),
      rotation: new RotationService(database, issuer, idempotency),
    };
  }

  /** Another process on the same database, with connections and keys of its own. */
  async anotherInstance(): Promise<Instance & { end(): Promise<void> }> {
    const database = await openDatabase(this.fresh.url, { poolSize: 12 });
    const signing = signingOn(database, this.sealing);
    await signing.ensureKey();
    const end = async () => {
      signing.onApplicationShutdown();
      await database.close();
    };
    return { ...this.instanceOn(database, signing), end };
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
    return { ...SOMEBODY, principal: { kind: 'USER', id, name: id }, groupIds, permissions };
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

  /** The same principal, by this token of theirs, which may do all that they may. */
  byToken(caller: Caller, tokenId: string, permissions: Scope[] = ['*:*']): Caller {
    return { ...caller, carrier: 'token', tokenId, sessionId: null, permissions };
  }

  /** A service account as a caller, of these groups. */
  accountCaller(accountId: string, groupIds: string[]): Caller {
    const principal = { kind: 'SERVICE_ACCOUNT', id: accountId, name: accountId } as const;
    return { ...SOMEBODY, principal, groupIds };
  }

  /** The token as it is now. */
  async token(id: string): Promise<AccessTokenEntity> {
    const token = await this.database.read((tx) => findToken(tx, id));
    if (!token) throw new Error('There is no such token.');
    return token;
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

function signingOn(database: Database, sealing: Sealing): SigningService {
  return new SigningService(database, sealing, SETTINGS, new JwtService(), new Logs({ level: 'fatal' }));
}
