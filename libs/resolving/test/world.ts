import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JwtService } from '@nestjs/jwt';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { Sealing } from '@tokenwarden/secrets';
import { Settings } from '@tokenwarden/settings';
import { SigningService } from '@tokenwarden/signing';
import { Logs, Metrics } from '@tokenwarden/telemetry';
import {
  AccessTokenEntity,
  addToken,
  capTokens,
  holdAllTokens,
  leaveToSuccessor,
  lockToken,
  revokeMany,
  type NewToken,
} from '@tokenwarden/tokens';
import { SYSTEM, wholeSecond, type Scope, type TokenClaims } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { OAuthEndpoints, ResolvingService } from '../src/index.js';
import { UseFlusher } from '../src/use-flusher.js';
import { UseTally } from '../src/use-tally.js';

/** The issuer of every world. */
export const ISSUER = 'http://127.0.0.1:3000';
/** The audiences in force in every world. */
export const AUDIENCES = ['https://api.example', 'https://lake.example'];

/** People, accounts and groups of every world. */
export const IDS = {
  grace: 'aaaaaaaa-0000-4000-8000-000000000001',
  ada: 'aaaaaaaa-0000-4000-8000-000000000002',
  etl: 'bbbbbbbb-0000-4000-8000-000000000001',
  gateway: 'bbbbbbbb-0000-4000-8000-000000000002',
  engineers: 'cccccccc-0000-4000-8000-000000000001',
  admins: 'cccccccc-0000-4000-8000-000000000002',
  gateways: 'cccccccc-0000-4000-8000-000000000003',
} as const;

const PEOPLE = `
INSERT INTO users (id, username, canonical_username, display_name, search_text) VALUES
  ('${IDS.grace}', 'grace', 'grace', 'Grace', 'grace'), ('${IDS.ada}', 'ada', 'ada', 'Ada', 'ada');
INSERT INTO groups (id, name, search_text, grants) VALUES
  ('${IDS.engineers}', 'engineers', 'engineers', '{dataset/*:read,spark-job/*:*}'),
  ('${IDS.admins}', 'admins', 'admins', '{}'),
  ('${IDS.gateways}', 'gateways', 'gateways', '{tokens:introspect}');
INSERT INTO group_members (group_id, user_id) VALUES ('${IDS.engineers}', '${IDS.grace}'), ('${IDS.admins}', '${IDS.ada}');
INSERT INTO administrator_groups (setting_name, group_id) VALUES ('admins', '${IDS.admins}');
INSERT INTO service_accounts (id, name, search_text, created_at, created_by) VALUES
  ('${IDS.etl}', 'nightly-etl', 'nightly-etl', now(), '{}'), ('${IDS.gateway}', 'api-gateway', 'api-gateway', now(), '{}');
INSERT INTO service_account_groups (service_account_id, group_id) VALUES
  ('${IDS.etl}', '${IDS.engineers}'), ('${IDS.gateway}', '${IDS.gateways}');`;

/** What a token is to be; all of it may be left out. */
export interface Wanted {
  /** One of `IDS`; grace when left out. */
  readonly principalId?: string;
  readonly name?: string;
  readonly scopes?: readonly Scope[] | null;
  readonly audiences?: readonly string[];
  readonly issuer?: string;
  readonly lifetimeSeconds?: number;
  /** The token that it succeeds. */
  readonly predecessorId?: string;
  /** What the signed claims say otherwise than the row. */
  readonly claims?: Partial<TokenClaims>;
}

/** A token and its row. */
export interface Issued {
  readonly id: string;
  readonly value: string;
  readonly row: NewToken;
}

/** A real database with people and accounts in it, real keys, and the OAuth endpoints on a real server. */
export class World {
  private constructor(
    private readonly test: TestDatabase,
    readonly database: Database,
    readonly sealing: Sealing,
    readonly signing: SigningService,
    readonly resolving: ResolvingService,
    readonly metrics: Metrics,
    readonly settings: Settings,
    readonly uses: UseTally,
    readonly flusher: UseFlusher,
    private readonly server: Server,
  ) {}

  /** `changes`: settings that are to be otherwise. `reach`: gives the URL under which the product reaches the database. */
  static async open(
    changes: Partial<Settings> = {},
    reach: (url: string) => Promise<string> = (url) => Promise.resolve(url),
  ): Promise<World> {
    const test = await freshDatabase();
    const database = await openDatabase(await reach(test.url), { entities: [AccessTokenEntity] });
    await database.read((tx) => tx.query(PEOPLE));
    const masterKey = randomBytes(32);
    const settings = settingsWith({ masterKey, ...changes });
    const logs = new Logs({ level: 'fatal' });
    const metrics = new Metrics(logs);
    const sealing = new Sealing(masterKey);
    const signing = new SigningService(database, sealing, settings, new JwtService(), logs);
    await signing.ensureKey();
    const uses = new UseTally();
    const flusher = new UseFlusher(uses, database, logs);
    const resolving = new ResolvingService(database, signing, settings, metrics, uses);
    const endpoints = new OAuthEndpoints(resolving, settings, metrics, logs);
    const server = createServer((request, response) => endpoints.handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new World(test, database, sealing, signing, resolving, metrics, settings, uses, flusher, server);
  }

  /** For connections beside the product's. */
  get databaseUrl(): string {
    return this.test.url;
  }

  /** Where the endpoints are. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Issues a token the short way: its row, its event, its signature. */
  async issue(wanted: Wanted = {}): Promise<Issued> {
    const { principalId = IDS.grace, scopes = null, audiences = [AUDIENCES[0] as string] } = wanted;
    const signer = this.signing.signer();
    const createdAt = wholeSecond(new Date());
    const row: NewToken = {
      id: randomUUID(),
      kind: principalId === IDS.etl || principalId === IDS.gateway ? 'SERVICE_ACCOUNT' : 'USER',
      principalId,
      name: wanted.name ?? 'laptop',
      description: null,
      profile: 'interactive',
      scopes,
      audiences,
      issuer: wanted.issuer ?? ISSUER,
      kid: signer.kid,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + (wanted.lifetimeSeconds ?? 3_600) * 1_000),
      predecessorId: wanted.predecessorId,
    };
    await this.database.transaction((tx) => addToken(tx, row, SYSTEM));
    const value = await signer.sign({ ...claimsOf(row), ...wanted.claims });
    return { id: row.id, value, row };
  }

  /** Issues the successor of a token that lives on, as `endOldOnFirstUse` asks it: until that is used. */
  async rotate({ id, row }: Issued, endsOnSuccessorsUse = true): Promise<Issued> {
    const successor = await this.issue({ principalId: row.principalId, predecessorId: id });
    await this.database.transaction(async (tx) => {
      const old = await lockToken(tx, id);
      if (old === null) throw new Error('There is no such token to rotate.');
      const overlap = { successorId: successor.id, endsAt: row.expiresAt, endsOnSuccessorsUse };
      await leaveToSuccessor(tx, old, overlap, SYSTEM);
    });
    return successor;
  }

  /** Revokes many tokens by one commit; their rows are not written behind it. */
  async revokeAtOnce(ids: readonly string[]): Promise<void> {
    await this.database.transaction(async (tx) => {
      await holdAllTokens(tx);
      const selected = { sql: 'SELECT unnest($1::uuid[])', parameters: [ids] };
      await revokeMany(tx, selected, { by: SYSTEM, reason: 'leaked', details: {} });
    });
  }

  /** Caps tokens of the profile that all have here by one commit; their rows are not written behind it. Gives how many. */
  async capAtOnce(maximumSeconds: number, enforceFrom = wholeSecond(new Date())): Promise<number> {
    return this.database.transaction(async (tx) => {
      await holdAllTokens(tx);
      const [policy] = await rows<{ version: number }>(
        tx,
        `INSERT INTO policy_versions (version, document, created_at, created_by)
         SELECT count(*) + 1, '{}', now(), '{}' FROM policy_versions RETURNING version`,
      );
      const policyVersion = policy?.version ?? 0;
      const maxima = { interactive: maximumSeconds };
      return capTokens(tx, { by: SYSTEM, reason: null, policyVersion, enforceFrom, maxima });
    });
  }

  /** Runs SQL beside the product. */
  async sql<T>(text: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.database.read((tx) => rows<T>(tx, text, parameters));
  }

  /** The audit events so far of one action, oldest first. */
  async events(action: string): Promise<Record<string, unknown>[]> {
    return this.sql('SELECT * FROM audit_pending_events WHERE action = $1 ORDER BY arrival', [action]);
  }

  /** Posts a form. */
  async post(
    path: string,
    form: string | Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return fetch(this.url + path, { method: 'POST', body, headers: { ...type, ...headers } });
  }

  /** Ends server, connections and database. */
  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    this.signing.onApplicationShutdown();
    await this.database.close();
    await this.test.close();
  }
}

/** The claims that a row stands for. */
export function claimsOf(row: NewToken): TokenClaims {
  const [only, ...others] = row.audiences;
  return {
    iss: row.issuer,
    sub: row.principalId,
    aud: only !== undefined && others.length === 0 ? only : row.audiences,
    exp: row.expiresAt.getTime() / 1_000,
    iat: row.createdAt.getTime() / 1_000,
    jti: row.id,
    client_id: row.kind === 'USER' ? row.id : row.principalId,
    ...(row.scopes === null ? {} : { scope: row.scopes.join(' ') }),
  };
}

/** `Authorization` of HTTP Basic, id and secret form-encoded. */
export function basic(id: string, secret: string): { authorization: string } {
  const text = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

/** `Authorization` of a bearer. */
export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

function settingsWith(changes: Partial<Settings>): Settings {
  return new Settings({
    host: '127.0.0.1',
    port: 3000,
    publicUrl: ISSUER,
    databaseUrl: undefined,
    databaseDirectUrl: undefined,
    dataDir: '/nowhere',
    directoryFile: undefined,
    ldap: undefined,
    directorySyncSchedule: '*/5 * * * *',
    adminGroups: [],
    mail: undefined,
    webhook: undefined,
    masterKey: undefined,
    signingAlgorithm: 'ES256',
    audiences: AUDIENCES,
    sessionLifetime: 'PT12H',
    idempotencyWindow: 'PT24H',
    idempotencyValueWindow: 'PT10M',
    introspectionCacheMaxAge: 1,
    allowedOrigins: [],
    trustedProxies: [],
    graphqlIntrospection: false,
    instanceName: 'here:3000',
    logLevel: 'fatal',
    warnings: [],
    ...changes,
  });
}
