import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a token goes through after its issue: rotation, uses, and the end of many at once; and what a retry is known by. */
export class TheWholeLifeOfAToken1764200000000 implements MigrationInterface {
  name = 'TheWholeLifeOfAToken1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [ROTATION, USES, IDEMPOTENCY, BULK_REVOCATIONS, INVENTORY]) {
      await runner.query(statement);
    }
  }

  async down(): Promise<void> {
    throw new Error('This migration is not undone: restore the database from before it instead.');
  }
}

// `rotated_at` stays when the successor is purged: a token is rotated once, whatever became of it.
const ROTATION = `
ALTER TABLE access_tokens
  ADD COLUMN predecessor_id uuid REFERENCES access_tokens ON DELETE SET NULL,
  ADD COLUMN rotated_at timestamptz,
  ADD COLUMN ends_on_successors_use boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT access_tokens_have_no_circle CHECK (predecessor_id <> id),
  ADD CONSTRAINT access_tokens_end_on_use_once_rotated CHECK (NOT ends_on_successors_use OR rotated_at IS NOT NULL);
CREATE UNIQUE INDEX access_tokens_have_one_successor ON access_tokens (predecessor_id) WHERE predecessor_id IS NOT NULL;
`;

// Beside the tokens, not in them: a use touches two small indexes and holds nobody up who changes the token.
const USES = `
CREATE TABLE token_uses (
  token_id uuid PRIMARY KEY REFERENCES access_tokens ON DELETE CASCADE,
  last_used_at timestamptz NOT NULL,
  last_used_from text,
  last_used_agent text
);
CREATE INDEX token_uses_by_moment ON token_uses (last_used_at, token_id);

CREATE TABLE token_usage_days (
  token_id uuid NOT NULL REFERENCES access_tokens ON DELETE CASCADE,
  day date NOT NULL,
  uses bigint NOT NULL CONSTRAINT token_usage_days_are_days_of_use CHECK (uses > 0),
  PRIMARY KEY (token_id, day)
);

ALTER TABLE access_tokens ADD COLUMN first_used_at timestamptz;
`;

// No reference to the token: its row may be purged while the key still stands for it.
const IDEMPOTENCY = `
CREATE TABLE idempotency_keys (
  principal_id uuid NOT NULL,
  key text COLLATE "C" NOT NULL CONSTRAINT idempotency_keys_are_short CHECK (length(key) BETWEEN 1 AND 100),
  operation text NOT NULL,
  input_hash bytea NOT NULL CONSTRAINT idempotency_keys_hash_is_sha256 CHECK (octet_length(input_hash) = 32),
  token_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (principal_id, key)
);
CREATE INDEX idempotency_keys_by_moment ON idempotency_keys (created_at);
`;

// A set holds at most a few hundred ids in their order, uncompressed: one token is looked up by reading one of them. Without
// statistics of these lists a statement over very many tokens hashes all of their ids, however many it believes there are.
const BULK_REVOCATIONS = `
CREATE TABLE bulk_revocations (
  id uuid PRIMARY KEY,
  revoked_at timestamptz NOT NULL,
  author jsonb NOT NULL,
  reason text,
  token_count integer NOT NULL CONSTRAINT bulk_revocations_hit_some CHECK (token_count > 0),
  written_at timestamptz
);
CREATE INDEX bulk_revocations_waiting ON bulk_revocations (id) WHERE written_at IS NULL;
CREATE INDEX bulk_revocations_by_end ON bulk_revocations (written_at);

CREATE TABLE bulk_revocation_sets (
  revocation_id uuid NOT NULL REFERENCES bulk_revocations ON DELETE CASCADE,
  first_id uuid NOT NULL,
  last_id uuid NOT NULL,
  token_ids uuid[] NOT NULL CONSTRAINT bulk_revocation_sets_hold_some CHECK (cardinality(token_ids) > 0),
  written_at timestamptz,
  PRIMARY KEY (revocation_id, first_id),
  CONSTRAINT bulk_revocation_sets_are_sorted CHECK (first_id <= last_id)
);
ALTER TABLE bulk_revocation_sets ALTER COLUMN token_ids SET STORAGE EXTERNAL, ALTER COLUMN token_ids SET STATISTICS 0;
CREATE INDEX bulk_revocation_sets_waiting ON bulk_revocation_sets (revocation_id, first_id) WHERE written_at IS NULL;

ALTER TABLE changes DROP CONSTRAINT changes_kind_is_known, ADD CONSTRAINT changes_kind_is_known CHECK (kind IN
  ('token', 'user', 'group', 'service-account', 'signing-key', 'directory', 'bulk-revocation'));
`;

// What an inventory of a million tokens is asked by; the order by creation is the default one. What ends within a span lies
// far apart in it: each week is a list of its own in that order, and a page merges them.
const INVENTORY = `
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX access_tokens_by_search_text ON access_tokens USING gin (search_text gin_trgm_ops);
CREATE INDEX access_tokens_by_kind ON access_tokens (kind, created_at, id);
CREATE INDEX access_tokens_by_profile ON access_tokens (profile, created_at, id);
CREATE INDEX access_tokens_unscoped ON access_tokens (created_at, id) WHERE scopes IS NULL;
CREATE INDEX access_tokens_scoped ON access_tokens (created_at, id) WHERE scopes IS NOT NULL;
CREATE INDEX access_tokens_revoked ON access_tokens (created_at, id) WHERE revoked_at IS NOT NULL;
CREATE INDEX access_tokens_suspended ON access_tokens (created_at, id) WHERE suspended_at IS NOT NULL;
CREATE INDEX access_tokens_never_used ON access_tokens (created_at, id) WHERE first_used_at IS NULL;
CREATE INDEX access_tokens_never_used_by_id ON access_tokens (id) WHERE first_used_at IS NULL;
CREATE INDEX access_tokens_of_principal_by_end ON access_tokens (principal_id, ends_at, id);
CREATE INDEX access_tokens_unrevoked_by_end ON access_tokens (ends_at, kind) WHERE revoked_at IS NULL;
CREATE INDEX access_tokens_by_kind_and_end ON access_tokens (kind, ends_at, id);
CREATE INDEX access_tokens_by_kind_and_name ON access_tokens (kind, name, id);
CREATE INDEX access_tokens_by_week_of_end ON access_tokens
  (kind, date_bin('7 days', ends_at, '2000-01-01T00:00:00Z'), created_at, id) INCLUDE (ends_at);
`;
