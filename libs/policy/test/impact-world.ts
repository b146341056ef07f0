import { randomUUID } from 'node:crypto';
import { Loaders } from '@tokenwarden/api';
import { databaseNow, openDatabase, type Database } from '@tokenwarden/database';
import { tokensNow } from '@tokenwarden/tokens';
import { SYSTEM, wholeSecond, type Author, type Caller, type Scope } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { changePolicy } from '../src/change/change-policy.js';
import type { AskedChange } from '../src/change/prepare-change.js';
import type { PolicyEffect } from '../src/impact/effects.queries.js';
import { PolicyImpactService } from '../src/impact/policy-impact.service.js';
import type { PolicyDocument } from '../src/policy-document.rules.js';
import { insertVersion } from '../src/policy.queries.js';
import { ensureFirstPolicy } from '../src/policy.service.js';
import { StoredTokens } from './random-tokens.js';

/** Whoever changes policies here. */
export const ADA: Author = {
  actor: { kind: 'USER', id: randomUUID(), name: 'ada' },
  actorTokenId: null,
  origin: null,
};

/** A session of this user with these permissions. */
export function sessionOf(id: string, permissions: readonly Scope[]): Caller {
  return {
    carrier: 'session',
    principal: { kind: 'USER', id, name: 'edsger' },
    groupIds: [],
    permissions,
    tokenId: null,
    sessionId: randomUUID(),
    endsAt: new Date('2100-01-01T00:00:00Z'),
    origin: { address: null, userAgent: null, requestId: null },
  };
}

/** Whoever asks what a change would do, and sees all tokens. */
export const READER = sessionOf(randomUUID(), ['policy:read', 'tokens:read']);

/** A token as an impact lists it. */
export interface ListedHit {
  readonly id: string;
  readonly effects: readonly PolicyEffect[];
  readonly newEndsAt: Date;
}

/** A database with random tokens, in which policies are changed and what they would do is asked. */
export class ImpactWorld {
  readonly tokens: StoredTokens;
  readonly impacts: PolicyImpactService;

  private constructor(
    private readonly server: TestDatabase,
    readonly database: Database,
  ) {
    this.tokens = new StoredTokens(database);
    this.impacts = new PolicyImpactService(database);
  }

  static async begin(): Promise<ImpactWorld> {
    const server = await freshDatabase();
    const world = new ImpactWorld(server, await openDatabase(server.url));
    await world.database.transaction(ensureFirstPolicy);
    await world.tokens.begin();
    return world;
  }

  async end(): Promise<void> {
    await this.database.close();
    await this.server.close();
  }

  /** The database's clock, in whole seconds. */
  async second(): Promise<Date> {
    return wholeSecond(await this.database.read(databaseNow));
  }

  /** Puts this policy in force, whatever it changes; gives its version. */
  async inForce(document: PolicyDocument): Promise<number> {
    const [row] = await this.tokens.run<{ version: number }>(
      'SELECT max(version) + 1 AS version FROM policy_versions',
    );
    const version = row?.version ?? 1;
    const createdAt = await this.second();
    const made = { version, document, createdAt, createdBy: SYSTEM.actor, reason: null };
    await this.database.transaction((tx) => insertVersion(tx, made));
    return version;
  }

  /** What the change would do. */
  ask(asked: AskedChange) {
    return this.impacts.foresee(READER, asked, new Loaders());
  }

  /** All that the change would hit, page by page, each asked anew. */
  async hits(asked: AskedChange, first = 100, between: () => Promise<void> = async () => undefined) {
    const hits: ListedHit[] = [];
    let after: string | null = null;
    do {
      const page = await (await this.ask(asked)).tokensOnPage({ first, after });
      hits.push(...page.nodes.map(({ token, effects, newEndsAt }) => ({ id: token.id, effects, newEndsAt })));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      await between();
    } while (after !== null);
    return hits;
  }

  /** Makes the change. */
  async make(asked: AskedChange) {
    return this.database.transaction((tx) => changePolicy(tx, ADA, asked));
  }

  /** The end of each token as it is now, by id. */
  async ends(): Promise<Map<string, Date>> {
    const source = await this.database.read(tokensNow);
    const found = await this.tokens.run<{ id: string; ends_at: Date }>(`SELECT id, ends_at FROM ${source} t`);
    return new Map(found.map(({ id, ends_at: end }) => [id, end]));
  }

  /** The tokens of which this condition is true now. */
  async those(condition: string, join = ''): Promise<Set<string>> {
    const source = await this.database.read(tokensNow);
    const now = await this.database.read(databaseNow);
    const found = await this.tokens.run<{ id: string }>(
      `SELECT t.id FROM ${source} t ${join} WHERE (${condition}) AND $1::timestamptz IS NOT NULL`,
      [now],
    );
    return new Set(found.map(({ id }) => id));
  }
}
