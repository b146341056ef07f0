import { randomBytes, randomUUID } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { Client } from 'ldapts';
import { applyConsequences, type ConsequencesDone } from '@tokenwarden/consequences';
import { databaseNow, openDatabase, rows, type Database } from '@tokenwarden/database';
import {
  applyAnswer,
  DirectoryService,
  HeldAnswer,
  LdapSource,
  NotWhole,
  setGrants,
  type DirectoryChanges,
} from '@tokenwarden/directory';
import { ResolvingService, UseTally } from '@tokenwarden/resolving';
import { Sealing } from '@tokenwarden/secrets';
import { addAccount } from '@tokenwarden/service-accounts';
import { Settings, type LdapSettings, type SettingsValues } from '@tokenwarden/settings';
import { SigningService } from '@tokenwarden/signing';
import { Logs, Metrics } from '@tokenwarden/telemetry';
import { AccessTokenEntity, addToken, type NewToken } from '@tokenwarden/tokens';
import { addDuration, SYSTEM, wholeSecond } from '@tokenwarden/vocabulary';
import {
  companyGroupId,
  companyLdif,
  companyUserId,
  freshDatabase,
  startSlapd,
  type RunningSlapd,
  type SlapdOptions,
  type TestDatabase,
} from '../../harness/index.js';

/** How many people and groups a company has, where a test says nothing else. */
export const SIZE = { users: 40, groups: 8 };

const ISSUER = 'http://127.0.0.1:3000';
const AUDIENCE = 'https://api.example';
const ORPHAN_GRACE = 'P30D';

/** What came of one synchronisation. */
export type Synchronised =
  | { readonly state: 'APPLIED'; readonly changes: DirectoryChanges; readonly done: ConsequencesDone }
  | { readonly state: 'FAILED' | 'HELD'; readonly reasons: readonly string[] };

/** All that a fault of the directory may not touch. */
export interface Standing {
  /** The copy: users, groups and who is in them, row by row. */
  readonly copy: readonly unknown[];
  /** By a token's name its effective scopes, or `inactive`. */
  readonly tokens: Readonly<Record<string, string>>;
}

/**
 * A company on a real OpenLDAP, and Tokenwarden's rooms on a real Postgres: everybody has a token, every group a service
 * account with one. Tokens are named by whom they belong to: `user000000` …, `account-group0000` …
 */
export class Company {
  private readonly values = new Map<string, string>();

  private constructor(
    readonly slapd: RunningSlapd,
    private readonly test: TestDatabase,
    readonly database: Database,
    private readonly signing: SigningService,
    private readonly resolving: ResolvingService,
    /** The directory itself, past what stands before it. */
    public source: LdapSource,
  ) {}

  /** With everything in step: one synchronisation was applied. */
  static async open(
    options: SlapdOptions & { readonly users?: number; readonly groups?: number } = {},
  ): Promise<Company> {
    const size = { users: options.users ?? SIZE.users, groups: options.groups ?? SIZE.groups };
    const [slapd, test] = await Promise.all([
      startSlapd({ ldif: companyLdif(size), ...options }),
      freshDatabase(),
    ]);
    const database = await openDatabase(test.url, { entities: [AccessTokenEntity] });
    const settings = settingsOf({ publicUrl: ISSUER, audiences: [AUDIENCE], signingAlgorithm: 'ES256' });
    const logs = new Logs({ level: 'fatal' });
    const sealing = new Sealing(randomBytes(32));
    const signing = new SigningService(database, sealing, settings, new JwtService(), logs);
    await signing.ensureKey();
    const resolving = new ResolvingService(database, signing, settings, new Metrics(logs), new UseTally());
    const source = new LdapSource(ldapSettings(slapd));
    const company = new Company(slapd, test, database, signing, resolving, source);
    await company.populate(size);
    return company;
  }

  /** The directory behind another connection from here on, as after a change of LDAP_*. */
  async reach(changes: Partial<LdapSettings> = {}): Promise<void> {
    await this.source.close();
    this.source = new LdapSource(ldapSettings(this.slapd, changes));
  }

  /** Reads the directory and brings copy, tokens and accounts to what it says, in one transaction. */
  async synchronise(signal?: AbortSignal): Promise<Synchronised> {
    const readFrom = await this.database.read(databaseNow);
    const answer = await this.source.readAll(signal);
    if (!answer.whole) return { state: 'FAILED', reasons: answer.reasons };
    try {
      return await this.database.transaction(async (tx) => {
        const changes = await applyAnswer(tx, answer, readFrom);
        return { state: 'APPLIED', changes, done: await applyConsequences(tx, changes, ORPHAN_GRACE) };
      });
    } catch (error) {
      if (error instanceof NotWhole) return { state: 'FAILED', reasons: error.reasons };
      if (error instanceof HeldAnswer) return { state: 'HELD', reasons: error.reasons };
      throw error;
    }
  }

  /** Does something as the directory's administrator. */
  async change<T>(work: (admin: Client) => Promise<T>): Promise<T> {
    const admin = await this.slapd.admin();
    try {
      return await work(admin);
    } finally {
      await admin.unbind();
    }
  }

  /** Who signs in with this name and password: their id, or undefined. */
  async signIn(username: string, password: string): Promise<string | undefined> {
    return (await new DirectoryService(this.source, this.database).authenticate(username, password))?.id;
  }

  /** How everything stands now. */
  async standing(): Promise<Standing> {
    const copy = await this.database.read((tx) =>
      rows(
        tx,
        `SELECT to_jsonb(users) AS row FROM users UNION ALL SELECT to_jsonb(groups) FROM groups
         UNION ALL SELECT to_jsonb(group_members) FROM group_members ORDER BY row`,
      ),
    );
    return { copy, tokens: await this.tokens() };
  }

  /** By a token's name its effective scopes, or `inactive`: asked of each as a service would ask. */
  async tokens(): Promise<Record<string, string>> {
    const asked = await Promise.all(
      [...this.values].map(async ([name, value]) => {
        const resolution = await this.resolving.resolveToken(value);
        return [name, resolution.active ? resolution.scopes.join(' ') : 'inactive'] as const;
      }),
    );
    return Object.fromEntries(asked);
  }

  /** Gives somebody a token under this name. */
  async issue(name: string, kind: NewToken['kind'], principalId: string): Promise<void> {
    const signer = this.signing.signer();
    const createdAt = wholeSecond(await this.database.read(databaseNow));
    const whom = { id: randomUUID(), kind, principalId, name, description: null, profile: 'interactive' };
    const what = { scopes: null, audiences: [AUDIENCE], issuer: ISSUER, kid: signer.kid };
    const token = { ...whom, ...what, createdAt, expiresAt: addDuration(createdAt, 'P1D') };
    await this.database.transaction((tx) => addToken(tx, token, SYSTEM));
    const claims = { iss: ISSUER, sub: principalId, aud: AUDIENCE, jti: token.id };
    const times = { iat: createdAt.getTime() / 1_000, exp: token.expiresAt.getTime() / 1_000 };
    const clientId = kind === 'USER' ? token.id : principalId;
    this.values.set(name, await signer.sign({ ...claims, ...times, client_id: clientId }));
  }

  /** An account of this group with a token of its name. */
  async addAccountOf(name: string, groupId: string): Promise<void> {
    const id = randomUUID();
    await this.database.transaction((tx) =>
      addAccount(tx, { id, name, description: null, groupIds: [groupId] }, SYSTEM),
    );
    await this.issue(name, 'SERVICE_ACCOUNT', id);
  }

  /** Grants a group exactly these scopes. */
  async grant(groupId: string, ...scopes: readonly string[]): Promise<void> {
    await this.database.transaction((tx) => setGrants(tx, groupId, scopes, SYSTEM));
  }

  /** The state of one user or group of the copy. */
  async stateOf(id: string): Promise<string | undefined> {
    const sql = `SELECT state FROM users WHERE id = $1 UNION ALL SELECT state FROM groups WHERE id = $1`;
    return (await this.database.read((tx) => rows<{ state: string }>(tx, sql, [id])))[0]?.state;
  }

  /** Ends connections, database and server. */
  async close(): Promise<void> {
    await this.source.close();
    this.signing.onApplicationShutdown();
    await this.database.close();
    await Promise.all([this.test.close(), this.slapd.stop()]);
  }

  private async populate({ users, groups }: typeof SIZE): Promise<void> {
    const first = await this.synchronise();
    if (first.state !== 'APPLIED') throw new Error(first.reasons.join(' '));
    for (let group = 0; group < groups; group++) {
      await this.grant(companyGroupId(group), `dataset/g${group}/*:read`);
      await this.addAccountOf(`account-group000${group}`, companyGroupId(group));
    }
    for (let n = 0; n < Math.min(users, SIZE.users); n++) {
      await this.issue(`user${String(n).padStart(6, '0')}`, 'USER', companyUserId(n));
    }
  }
}

/** LDAP_* for a server, with what is to be otherwise. */
export function ldapSettings(slapd: RunningSlapd, changes: Partial<LdapSettings> = {}): LdapSettings {
  return {
    urls: [slapd.url],
    startTls: false,
    caFile: slapd.caFile,
    bindDn: slapd.readerDn,
    bindPassword: slapd.readerPassword,
    userBase: slapd.userBase,
    userFilter: undefined,
    groupBase: slapd.groupBase,
    groupFilter: undefined,
    schema: 'openldap',
    ...changes,
  };
}

function settingsOf(values: Partial<SettingsValues>): Settings {
  return new Settings(values as SettingsValues);
}
