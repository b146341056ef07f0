import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { inputValidation, ProblemFilter } from '@tokenwarden/api';
import { Database, databaseNow, openDatabase, rows } from '@tokenwarden/database';
import { applyAnswer, DirectoryService, FileSource } from '@tokenwarden/directory';
import { Settings } from '@tokenwarden/settings';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { SessionEntity, SessionsService } from '../src/index.js';
import { SessionsController } from '../src/sessions.controller.js';

/** The demo's people, as far as sign-in needs them. */
export const PEOPLE = {
  users: [
    { id: 'aaaaaaaa-0000-4000-8000-000000000001', username: 'ada', displayName: 'Ada', password: 'ada-demo' },
    {
      id: 'aaaaaaaa-0000-4000-8000-000000000002',
      username: 'grace',
      displayName: 'Grace',
      password: 'grace-demo',
    },
    {
      id: 'aaaaaaaa-0000-4000-8000-000000000003',
      username: 'barbara',
      displayName: 'Barbara',
      password: 'barbara-demo',
      enabled: false,
    },
  ],
  groups: [{ id: 'cccccccc-0000-4000-8000-000000000001', name: 'engineers', members: ['grace'] }],
};

/** Where a request of a spec comes from. */
export const ORIGIN = { address: '192.0.2.7', userAgent: 'spec', requestId: 'request-1' };

/** What a spec may have otherwise. */
export interface FrontDoorOptions {
  readonly settings?: Partial<Settings>;
  /** The database of another instance, to share it. */
  readonly beside?: FrontDoor;
}

/** The room on a real database, a real directory file and a real server: one instance of the product's front door. */
export class FrontDoor {
  private constructor(
    private readonly test: TestDatabase,
    private readonly folder: string,
    private readonly isGuest: boolean,
    readonly database: Database,
    readonly sessions: SessionsService,
    private readonly app: NestFastifyApplication,
    /** Where it listens. */
    readonly url: string,
  ) {}

  static async open({ settings = {}, beside }: FrontDoorOptions = {}): Promise<FrontDoor> {
    const test = beside?.test ?? (await freshDatabase());
    const folder = beside?.folder ?? (await mkdtemp(join(tmpdir(), 'tokenwarden-sessions-')));
    const database = await openDatabase(test.url, { entities: [SessionEntity] });
    const path = join(folder, 'directory.json');
    const source = new FileSource({ path, acceptsPlainPasswords: true });
    if (!beside) {
      await writeFile(path, JSON.stringify(PEOPLE));
      await copyPeople(database, source);
    }
    const directory = new DirectoryService(source, database);
    const values = settingsWith(settings);
    const sessions = new SessionsService(database, directory, values);
    const module = await Test.createTestingModule({
      controllers: [SessionsController],
      providers: [
        { provide: SessionsService, useValue: sessions },
        { provide: Settings, useValue: values },
      ],
    }).compile();
    const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    app.useGlobalPipes(inputValidation());
    app.useGlobalFilters(new ProblemFilter(() => undefined));
    await app.listen(0, '127.0.0.1');
    return new FrontDoor(test, folder, beside !== undefined, database, sessions, app, await app.getUrl());
  }

  /** Posts to `/session`. */
  async signIn(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/session`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  /** A session of this person's. */
  async sessionOf(name: string): Promise<string> {
    return (await this.sessions.signIn(name, `${name}-demo`, ORIGIN)).sessionToken;
  }

  /** `DELETE /session`. */
  async signOut(headers: Record<string, string>): Promise<Response> {
    return fetch(`${this.url}/session`, { method: 'DELETE', headers });
  }

  /** Runs SQL beside the product. */
  async sql<T>(text: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.database.read((tx) => rows<T>(tx, text, parameters));
  }

  /** The audit events so far of one action, oldest first. */
  async events(action: string): Promise<Record<string, unknown>[]> {
    return this.sql('SELECT * FROM audit_pending_events WHERE action = $1 ORDER BY arrival', [action]);
  }

  /** Ends server and connections; the database goes with the instance that made it. */
  async close(): Promise<void> {
    await this.app.close();
    await this.database.close();
    if (this.isGuest) return;
    await this.test.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function copyPeople(database: Database, source: FileSource): Promise<void> {
  const answer = await source.readAll();
  if (!answer.whole) throw new Error(answer.reasons.join(' '));
  await database.transaction(async (tx) => applyAnswer(tx, answer, await databaseNow(tx)));
}

function settingsWith(changes: Partial<Settings>): Settings {
  return new Settings({
    host: '127.0.0.1',
    port: 3000,
    publicUrl: 'https://tokens.example',
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
    audiences: ['https://tokens.example'],
    sessionLifetime: 'PT12H',
    idempotencyWindow: 'P1D',
    idempotencyValueWindow: 'PT10M',
    introspectionCacheMaxAge: 1,
    allowedOrigins: ['https://console.example'],
    trustedProxies: ['127.0.0.1'],
    graphqlIntrospection: false,
    instanceName: 'here:3000',
    logLevel: 'fatal',
    warnings: [],
    ...changes,
  });
}
