import { randomUUID } from 'node:crypto';
import { rows, type Database } from '@tokenwarden/database';
import { readSettings } from '@tokenwarden/settings';
import { foldedForSearch, type Caller, type Scope } from '@tokenwarden/vocabulary';
import { TokenFilter } from '../src/token-lists/token-list.types.js';
import type { Reach, TokenSelection } from '../src/token-lists/token-selection.queries.js';

/** What is in force for sample tokens. */
export const SAMPLE_SETTINGS = readSettings({
  PUBLIC_URL: 'http://127.0.0.1:3000',
  AUDIENCES: 'https://here.example',
});

/** The selection of this filter, under no policy. */
export function sampleSelection(filter: Partial<TokenFilter> = {}, reach: Reach = 'all'): TokenSelection {
  const { publicUrl: issuer, audiences } = SAMPLE_SETTINGS;
  return {
    reach,
    filter: Object.assign(new TokenFilter(), filter),
    inForce: { issuer, audiences },
    profiles: [],
  };
}

/** What a sample token may say of itself; the rest is plain. Moments are RFC 3339. */
export interface SampleToken {
  readonly name?: string;
  readonly profile?: string;
  readonly scopes?: readonly Scope[] | null;
  readonly createdAt?: string;
  readonly endsAt?: string;
  readonly suspended?: boolean;
  readonly revoked?: boolean;
  readonly audiences?: readonly string[];
  readonly issuer?: string;
  /** The last use; never used when left out. */
  readonly usedAt?: string;
  readonly predecessorId?: string;
}

/** Rows for the specs of this room, written past the rooms that own them: what counts here is what is read. */
export class StoredSamples {
  constructor(private readonly database: Database) {}

  async signingKey(): Promise<void> {
    await this.run(
      `INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from)
       VALUES ('tokenwarden-sample', 'ES256', '{}', '', now())`,
    );
  }

  async group(grants: readonly Scope[] = []): Promise<string> {
    const id = randomUUID();
    await this.run(
      `INSERT INTO groups (id, name, search_text, grants) VALUES ($1::uuid, $1::text, $1::text, $2)`,
      [id, grants],
    );
    return id;
  }

  async user(username: string, groupIds: readonly string[] = []): Promise<string> {
    const id = randomUUID();
    await this.run(
      `INSERT INTO users (id, username, canonical_username, display_name, search_text) VALUES ($1, $2::text, $2, $2, $2)`,
      [id, username],
    );
    await this.run('INSERT INTO group_members SELECT unnest($1::uuid[]), $2::uuid', [groupIds, id]);
    return id;
  }

  async account(name: string, groupIds: readonly string[] = []): Promise<string> {
    const id = randomUUID();
    await this.run(
      `INSERT INTO service_accounts (id, name, search_text, created_at, created_by)
       VALUES ($1, $2::text, $2, now(), '{"kind": "SYSTEM", "id": null, "name": "Tokenwarden"}')`,
      [id, name],
    );
    await this.run('INSERT INTO service_account_groups SELECT $2::uuid, unnest($1::uuid[])', [groupIds, id]);
    return id;
  }

  /** Sessions of grace, whom no group grants anything, and of ada, who administers. */
  async graceAndAda(): Promise<{ grace: Caller; ada: Caller }> {
    const grace = sessionOf(await this.user('grace'));
    return { grace, ada: sessionOf(await this.user('ada'), { permissions: ['*:*'] }) };
  }

  tokenOfUser(userId: string, token: SampleToken = {}): Promise<string> {
    return this.token('USER', userId, token);
  }

  tokenOfAccount(accountId: string, token: SampleToken = {}): Promise<string> {
    return this.token('SERVICE_ACCOUNT', accountId, token);
  }

  private async token(
    kind: 'USER' | 'SERVICE_ACCOUNT',
    principalId: string,
    token: SampleToken,
  ): Promise<string> {
    const id = randomUUID();
    const {
      name = 'sample',
      profile = 'interactive',
      scopes = null,
      createdAt = '2026-01-01T00:00:00Z',
    } = token;
    const nobody = JSON.stringify({ kind: 'SYSTEM', id: null, name: 'Tokenwarden' });
    await this.run(
      `INSERT INTO access_tokens (id, kind, user_id, service_account_id, name, search_text, profile, scopes, audiences,
         issuer, kid, created_at, created_by, expires_at, ends_at, suspended_at, suspended_by, revoked_at, revoked_by, first_used_at, predecessor_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $16, $17, 'tokenwarden-sample', $9::timestamptz, $10::jsonb, $11::timestamptz, $11,
         $12, $13, $14, $15, $18, $19)`,
      [
        id,
        kind,
        kind === 'USER' ? principalId : null,
        kind === 'SERVICE_ACCOUNT' ? principalId : null,
        name,
        foldedForSearch(name),
        profile,
        scopes,
        createdAt,
        nobody,
        token.endsAt ?? '2999-01-01T00:00:00Z',
        token.suspended ? createdAt : null,
        token.suspended ? nobody : null,
        token.revoked ? createdAt : null,
        token.revoked ? nobody : null,
        token.audiences ?? SAMPLE_SETTINGS.audiences,
        token.issuer ?? SAMPLE_SETTINGS.publicUrl,
        token.usedAt ?? null,
        token.predecessorId ?? null,
      ],
    );
    if (token.usedAt !== undefined)
      await this.run('INSERT INTO token_uses (token_id, last_used_at) VALUES ($1, $2)', [id, token.usedAt]);
    return id;
  }

  private async run(sql: string, parameters: readonly unknown[] = []): Promise<void> {
    await this.database.read((tx) => rows(tx, sql, parameters));
  }
}

/** A caller in a session of this user. */
export function sessionOf(userId: string, facts: Partial<Caller> = {}): Caller {
  return {
    carrier: 'session',
    principal: { kind: 'USER', id: userId, name: 'somebody' },
    groupIds: [],
    permissions: [],
    tokenId: null,
    sessionId: randomUUID(),
    endsAt: new Date('2999-01-01T00:00:00Z'),
    origin: { address: '127.0.0.1', userAgent: null, requestId: null },
    ...facts,
  };
}
