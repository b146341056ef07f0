import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every table of the main job: who there is, what they hold, what was issued, and the trail of it. */
export class TheMainJob1764000000000 implements MigrationInterface {
  name = 'TheMainJob1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      DIRECTORY,
      SERVICE_ACCOUNTS,
      SIGNING,
      POLICY,
      TOKENS,
      SESSIONS,
      CHANGES,
      AUDIT,
    ]) {
      await runner.query(statement);
    }
  }

  async down(): Promise<void> {
    throw new Error('The first migration is not undone: drop the database instead.');
  }
}

const DIRECTORY = `
CREATE TABLE users (
  id uuid PRIMARY KEY,
  username text COLLATE "C" NOT NULL,
  canonical_username text COLLATE "C" NOT NULL,
  display_name text NOT NULL,
  email text,
  search_text text NOT NULL,
  state text NOT NULL DEFAULT 'ACTIVE' CONSTRAINT users_state_is_known CHECK (state IN ('ACTIVE', 'DISABLED', 'REMOVED')),
  removed_at timestamptz,
  last_sign_in_at timestamptz,
  sessions_end_before timestamptz,
  CONSTRAINT users_removed_have_their_moment CHECK ((state = 'REMOVED') = (removed_at IS NOT NULL))
);
CREATE INDEX users_by_canonical_username ON users (canonical_username) WHERE state <> 'REMOVED';
CREATE INDEX users_by_username ON users (username, id) WHERE state <> 'REMOVED';

CREATE TABLE groups (
  id uuid PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  search_text text NOT NULL,
  state text NOT NULL DEFAULT 'ACTIVE' CONSTRAINT groups_state_is_known CHECK (state IN ('ACTIVE', 'REMOVED')),
  removed_at timestamptz,
  grants text[] NOT NULL DEFAULT '{}',
  CONSTRAINT groups_removed_have_their_moment CHECK ((state = 'REMOVED') = (removed_at IS NOT NULL)),
  CONSTRAINT groups_grants_hold_no_null CHECK (array_position(grants, NULL) IS NULL)
);
CREATE INDEX groups_by_name ON groups (name, id) WHERE state <> 'REMOVED';

CREATE TABLE group_members (
  group_id uuid NOT NULL REFERENCES groups,
  user_id uuid NOT NULL REFERENCES users,
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_by_user ON group_members (user_id, group_id);

CREATE TABLE administrator_groups (
  setting_name text PRIMARY KEY,
  group_id uuid NOT NULL REFERENCES groups,
  pinned_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX administrator_groups_by_group ON administrator_groups (group_id);
`;

const SERVICE_ACCOUNTS = `
CREATE TABLE service_accounts (
  id uuid PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  description text,
  search_text text NOT NULL,
  created_at timestamptz NOT NULL,
  created_by jsonb NOT NULL,
  suspended_at timestamptz,
  orphaned_at timestamptz,
  deleted_at timestamptz
);
CREATE UNIQUE INDEX service_accounts_name_is_unique ON service_accounts (name) WHERE deleted_at IS NULL;
CREATE INDEX service_accounts_by_name ON service_accounts (name, id) WHERE deleted_at IS NULL;

CREATE TABLE service_account_groups (
  service_account_id uuid NOT NULL REFERENCES service_accounts,
  group_id uuid NOT NULL REFERENCES groups,
  PRIMARY KEY (service_account_id, group_id)
);
CREATE INDEX service_account_groups_by_group ON service_account_groups (group_id, service_account_id);
`;

const SIGNING = `
CREATE TABLE signing_keys (
  kid text PRIMARY KEY CONSTRAINT signing_keys_kid_begins_rightly CHECK (kid ~ '^tokenwarden-[a-z0-9-]+$'),
  algorithm text NOT NULL CONSTRAINT signing_keys_algorithm_is_known CHECK (algorithm IN ('ES256', 'RS256')),
  public_jwk jsonb NOT NULL CONSTRAINT signing_keys_public_part_only
    CHECK (NOT public_jwk ?| ARRAY['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']),
  sealed_private_key bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  active_from timestamptz NOT NULL,
  retired_at timestamptz,
  withdrawn_at timestamptz,
  CONSTRAINT signing_keys_retire_after_they_were_active CHECK (retired_at >= active_from)
);
`;

const POLICY = `
CREATE TABLE policy_versions (
  version integer PRIMARY KEY CONSTRAINT policy_versions_count_from_one CHECK (version >= 1),
  document jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  created_by jsonb NOT NULL,
  reason text
);
`;

const TOKENS = `
CREATE TABLE access_tokens (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  user_id uuid REFERENCES users,
  service_account_id uuid REFERENCES service_accounts,
  principal_id uuid NOT NULL GENERATED ALWAYS AS (coalesce(user_id, service_account_id)) STORED,
  name text COLLATE "C" NOT NULL,
  description text,
  search_text text NOT NULL,
  profile text NOT NULL,
  scopes text[],
  audiences text[] NOT NULL,
  issuer text NOT NULL,
  kid text NOT NULL REFERENCES signing_keys,
  created_at timestamptz NOT NULL,
  created_by jsonb NOT NULL,
  expires_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  suspended_at timestamptz,
  suspended_by jsonb,
  suspended_with_scope boolean NOT NULL DEFAULT false,
  revoked_at timestamptz,
  revoked_by jsonb,
  revoked_reason text,
  CONSTRAINT access_tokens_belong_to_one_principal CHECK (
    (kind = 'USER' AND user_id IS NOT NULL AND service_account_id IS NULL)
    OR (kind = 'SERVICE_ACCOUNT' AND service_account_id IS NOT NULL AND user_id IS NULL)),
  CONSTRAINT access_tokens_end_after_they_begin CHECK (expires_at > created_at),
  CONSTRAINT access_tokens_end_never_moves_later CHECK (ends_at <= expires_at),
  CONSTRAINT access_tokens_count_whole_seconds CHECK (
    date_trunc('second', created_at) = created_at AND date_trunc('second', expires_at) = expires_at
    AND date_trunc('second', ends_at) = ends_at),
  CONSTRAINT access_tokens_scopes_are_some_or_unsaid CHECK (cardinality(scopes) BETWEEN 1 AND 100),
  CONSTRAINT access_tokens_are_for_somebody CHECK (cardinality(audiences) >= 1),
  CONSTRAINT access_tokens_suspension_has_its_author CHECK ((suspended_at IS NULL) = (suspended_by IS NULL)),
  CONSTRAINT access_tokens_suspension_with_scope_is_one CHECK (NOT suspended_with_scope OR suspended_at IS NOT NULL),
  CONSTRAINT access_tokens_revocation_has_its_author CHECK ((revoked_at IS NULL) = (revoked_by IS NULL)),
  CONSTRAINT access_tokens_reason_is_of_a_revocation CHECK (revoked_reason IS NULL OR revoked_at IS NOT NULL)
);
CREATE INDEX access_tokens_by_creation ON access_tokens (created_at, id);
CREATE INDEX access_tokens_by_end ON access_tokens (ends_at, id);
CREATE INDEX access_tokens_by_name ON access_tokens (name, id);
CREATE INDEX access_tokens_of_principal ON access_tokens (principal_id, created_at, id);
CREATE INDEX access_tokens_live_of_principal ON access_tokens (principal_id, ends_at) WHERE revoked_at IS NULL;
CREATE INDEX access_tokens_by_kid ON access_tokens (kid, expires_at);
`;

const SESSIONS = `
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  token_hash bytea NOT NULL CONSTRAINT sessions_hash_is_sha256 CHECK (octet_length(token_hash) = 32),
  user_id uuid NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT sessions_end_after_they_begin CHECK (expires_at > created_at)
);
CREATE UNIQUE INDEX sessions_by_token_hash ON sessions (token_hash);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- The shape that rate-limiter-flexible's Postgres store reads and writes.
CREATE TABLE sign_in_failures (
  key text PRIMARY KEY,
  points integer NOT NULL DEFAULT 0,
  expire bigint
);
CREATE INDEX sign_in_failures_by_expiry ON sign_in_failures (expire);
`;

const CHANGES = `
-- A position is taken before its change commits: a reader goes by xid, whose commits a snapshot can prove, not by position alone.
CREATE TABLE changes (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  kind text NOT NULL CONSTRAINT changes_kind_is_known
    CHECK (kind IN ('token', 'user', 'group', 'service-account', 'signing-key', 'directory')),
  subject_ids uuid[] NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX changes_by_xid ON changes (xid, position);
CREATE INDEX changes_by_moment ON changes (recorded_at);
`;

const AUDIT = `
CREATE TABLE audit_pending_events (
  arrival bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  occurred_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
  action text NOT NULL,
  outcome text NOT NULL CONSTRAINT audit_pending_events_outcome_is_known CHECK (outcome IN ('SUCCEEDED', 'REFUSED')),
  actor_kind text NOT NULL CONSTRAINT audit_pending_events_actor_is_known
    CHECK (actor_kind IN ('USER', 'SERVICE_ACCOUNT', 'SYSTEM')),
  actor_id uuid,
  actor_name text NOT NULL,
  actor_token_id uuid,
  target_type text,
  target_id text,
  target_name text,
  address text,
  user_agent text,
  request_id text,
  details jsonb
);

CREATE TABLE audit_events (
  sequence bigint PRIMARY KEY CONSTRAINT audit_events_count_from_one CHECK (sequence >= 1),
  hash bytea NOT NULL CONSTRAINT audit_events_hash_is_sha256 CHECK (octet_length(hash) = 32),
  id uuid NOT NULL,
  occurred_at timestamptz NOT NULL,
  action text NOT NULL,
  outcome text NOT NULL,
  actor_kind text NOT NULL,
  actor_id uuid,
  actor_name text NOT NULL,
  actor_token_id uuid,
  target_type text,
  target_id text,
  target_name text,
  address text,
  user_agent text,
  request_id text,
  details jsonb
);
CREATE UNIQUE INDEX audit_events_by_id ON audit_events (id);
CREATE INDEX audit_events_by_action ON audit_events (action, sequence);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, sequence) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_events_by_target ON audit_events (target_id, sequence) WHERE target_id IS NOT NULL;
CREATE INDEX audit_events_by_moment ON audit_events (occurred_at, sequence);
CREATE INDEX audit_events_refused ON audit_events (sequence) WHERE outcome = 'REFUSED';

CREATE FUNCTION audit_events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit trail is append-only.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION audit_events_are_append_only();
`;
