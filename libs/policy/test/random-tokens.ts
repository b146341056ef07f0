import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { rows, type Database } from '@tokenwarden/database';
import type { TokenKind } from '@tokenwarden/vocabulary';

/** A token with all that the policy looks at; every moment in whole hours before `now`, negative where it lies ahead. */
export interface RandomToken {
  readonly owner: number;
  readonly kind: TokenKind;
  readonly profile: string;
  readonly created: number;
  /** Its present end. */
  readonly ends: number;
  readonly revoked: number | null;
  readonly rotated: boolean;
  readonly suspended: boolean;
  readonly lastUsed: number | null;
  /** Warnings of expiry that were decided; `ofOtherEnd` before the end moved. */
  readonly warned: readonly { readonly hours: number; readonly ofOtherEnd: boolean }[];
  /** Its mark of idleness: when it was decided, and when its owner was told. */
  readonly mark: { readonly decided: number; readonly sent: number | null } | null;
}

/** One that nothing happened to: of two days ago, and for two days more. */
export const PLAIN_TOKEN: RandomToken = {
  owner: 0,
  kind: 'USER',
  profile: 'interactive',
  created: 48,
  ends: -48,
  revoked: null,
  rotated: false,
  suspended: false,
  lastUsed: null,
  warned: [],
  mark: null,
};

/** How many users and how many accounts own the tokens. */
export const OWNERS = 4;

const HOURS = [1, 2, 3, 5, 8, 24, 48, 72, 168];
const some = fc.constantFrom(...HOURS);

/** Lengths of which few are possible, so that many meet exactly; in hours. */
export const anyLength: fc.Arbitrary<number> = some;

/** Tokens of which many lie exactly at the border of a condition. */
export const anyToken: fc.Arbitrary<RandomToken> = fc
  .record({
    owner: fc.nat(OWNERS - 1),
    kind: fc.constantFrom<TokenKind>('USER', 'SERVICE_ACCOUNT'),
    profile: fc.constantFrom('ephemeral', 'interactive', 'automation', 'gone'),
    created: fc.oneof(some, fc.constant(0)),
    life: some,
    revokedAfter: fc.option(some, { freq: 4 }),
    rotated: fc.boolean(),
    suspended: fc.boolean(),
    lastUsed: fc.option(some),
    warned: fc.uniqueArray(fc.record({ hours: some, ofOtherEnd: fc.boolean() }), {
      maxLength: 3,
      selector: ({ hours, ofOtherEnd }) => `${hours} ${ofOtherEnd}`,
    }),
    mark: fc.option(
      fc.record({ decided: some, sent: fc.option(fc.oneof(some, fc.constant(0))) }).map(inOrder),
    ),
  })
  .map(({ life, revokedAfter, rotated, created, lastUsed, ...facts }) => ({
    ...facts,
    created,
    rotated: rotated && life > 24,
    ends: created - life,
    revoked: revokedAfter === null ? null : Math.max(0, created - revokedAfter),
    lastUsed: lastUsed === null ? null : Math.min(lastUsed, created),
  }));

/** Rows for the specs of this room, written past the rooms that own them: what counts here is what is read. */
export class StoredTokens {
  readonly users = Array.from({ length: OWNERS }, () => randomUUID());
  readonly accounts = Array.from({ length: OWNERS }, () => randomUUID());

  constructor(private readonly database: Database) {}

  /** The owners and the signing key. */
  async begin(): Promise<void> {
    await this.run(
      `INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from)
       VALUES ('tokenwarden-sample', 'ES256', '{}', '', now())`,
    );
    await this.run(
      `INSERT INTO users (id, username, canonical_username, display_name, search_text)
       SELECT id, id::text, id::text, id::text, id::text FROM unnest($1::uuid[]) AS id`,
      [this.users],
    );
    await this.run(
      `INSERT INTO service_accounts (id, name, search_text, created_at, created_by)
       SELECT id, id::text, id::text, now(), $2 FROM unnest($1::uuid[]) AS id`,
      [this.accounts, NOBODY],
    );
  }

  /** Nothing but these tokens: gives their ids in the same order. */
  async replaceBy(tokens: readonly RandomToken[], now: Date): Promise<string[]> {
    await this.run('DELETE FROM bulk_caps');
    await this.run('DELETE FROM access_tokens');
    const stored = tokens.map((token) => ({
      ...token,
      id: randomUUID(),
      user_id: token.kind === 'USER' ? this.users[token.owner] : null,
      service_account_id: token.kind === 'USER' ? null : this.accounts[token.owner],
    }));
    const parameters = [JSON.stringify(stored), now];
    await this.run(`${INTO_TOKENS} ${FROM_STORED}`, [...parameters, NOBODY]);
    await this.run(
      `INSERT INTO token_uses (token_id, last_used_at) SELECT id, ${hoursAgo('"lastUsed"')} ${FROM_STORED} WHERE "lastUsed" IS NOT NULL`,
      parameters,
    );
    await this.run(
      `INSERT INTO token_warnings (token_id, kind, ends_at, threshold_seconds, decided_at)
       SELECT id, 'EXPIRY', ${hoursAgo('ends')} + ((warning ->> 'ofOtherEnd')::boolean)::integer * interval '1 hour',
         (warning ->> 'hours')::integer * 3600, $2 ${FROM_STORED} CROSS JOIN jsonb_array_elements(warned) AS warning`,
      parameters,
    );
    await this.run(
      `INSERT INTO token_warnings (token_id, kind, threshold_seconds, decided_at, recipients, sent_at)
       SELECT id, 'IDLE', 3600, ${hoursAgo("(mark ->> 'decided')::integer")}, 1,
         ${hoursAgo("(mark ->> 'sent')::integer")} ${FROM_STORED} WHERE jsonb_typeof(mark) = 'object'`,
      parameters,
    );
    return stored.map(({ id }) => id);
  }

  /** Since when uses are known to be whole. */
  async usesWholeSince(moment: Date): Promise<void> {
    await this.run('UPDATE use_tracking SET whole_since = $1', [moment]);
  }

  async run<T>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.database.read((tx) => rows<T>(tx, sql, parameters), { withinSeconds: 60 });
  }
}

// Nobody is told before it is decided.
function inOrder({ decided, sent }: { decided: number; sent: number | null }) {
  return { decided, sent: sent === null ? null : Math.min(decided, sent) };
}

const NOBODY = JSON.stringify({ kind: 'SYSTEM', id: null, name: 'Tokenwarden' });
const hoursAgo = (hours: string) => `$2::timestamptz - ${hours} * interval '1 hour'`;
const FROM_STORED = `FROM jsonb_to_recordset($1::jsonb) AS stored (id uuid, kind text, user_id uuid, service_account_id uuid,
  profile text, created integer, ends integer, revoked integer, rotated boolean, suspended boolean, "lastUsed" integer,
  warned jsonb, mark jsonb)`;
const INTO_TOKENS = `INSERT INTO access_tokens (id, kind, user_id, service_account_id, name, search_text, profile, audiences, issuer,
    kid, created_at, created_by, expires_at, ends_at, revoked_at, revoked_by, rotated_at, suspended_at, suspended_by)
  SELECT id, kind, user_id, service_account_id, 'sample', 'sample', profile, '{https://tokens.example}', 'https://tokens.example',
    'tokenwarden-sample', ${hoursAgo('created')}, $3::jsonb, ${hoursAgo('ends')}, ${hoursAgo('ends')}, ${hoursAgo('revoked')},
    CASE WHEN revoked IS NOT NULL THEN $3::jsonb END, CASE WHEN rotated THEN $2::timestamptz END,
    CASE WHEN suspended THEN $2::timestamptz END, CASE WHEN suspended THEN $3::jsonb END`;
