import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a policy change does to many tokens, who was warned of what, what waits to be sent, and what runs by the policy. */
export class PolicyAndHousekeeping1764400000000 implements MigrationInterface {
  name = 'PolicyAndHousekeeping1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      // What takes long first, and what holds up whoever runs meanwhile last: a change that is noted waits for it.
      PURGE,
      BULK_CAPS,
      USE_TRACKING,
      TOKEN_WARNINGS,
      OUTBOX,
      WARNING_RECIPIENTS,
      WEBHOOK_FEED,
      TASKS,
      ORPHANS,
      CHANGES,
    ]) {
      await runner.query(statement);
    }
  }

  async down(): Promise<void> {
    throw new Error('This migration is not undone: restore the database from before it instead.');
  }
}

// As bulk revocations: one decision with the frozen sets of the tokens that it hits. A token of a set ends at
// greatest(enforce_from, created_at + the seconds of its profile in `maxima`), where that is earlier than its end was.
const BULK_CAPS = `
CREATE TABLE bulk_caps (
  id uuid PRIMARY KEY,
  decided_at timestamptz NOT NULL,
  author jsonb NOT NULL,
  reason text,
  policy_version integer NOT NULL REFERENCES policy_versions CONSTRAINT bulk_caps_one_a_version UNIQUE,
  enforce_from timestamptz NOT NULL CONSTRAINT bulk_caps_count_whole_seconds
    CHECK (date_trunc('second', enforce_from) = enforce_from),
  maxima jsonb NOT NULL CONSTRAINT bulk_caps_maxima_are_by_profile CHECK (jsonb_typeof(maxima) = 'object'),
  token_count integer NOT NULL CONSTRAINT bulk_caps_hit_some CHECK (token_count > 0),
  written_at timestamptz
);
CREATE INDEX bulk_caps_waiting ON bulk_caps (id) WHERE written_at IS NULL;
CREATE INDEX bulk_caps_by_end ON bulk_caps (written_at);

CREATE TABLE bulk_cap_sets (
  cap_id uuid NOT NULL REFERENCES bulk_caps ON DELETE CASCADE,
  first_id uuid NOT NULL,
  last_id uuid NOT NULL,
  token_ids uuid[] NOT NULL CONSTRAINT bulk_cap_sets_hold_some CHECK (cardinality(token_ids) > 0),
  written_at timestamptz,
  PRIMARY KEY (cap_id, first_id),
  CONSTRAINT bulk_cap_sets_are_sorted CHECK (first_id <= last_id)
);
ALTER TABLE bulk_cap_sets ALTER COLUMN token_ids SET STORAGE EXTERNAL, ALTER COLUMN token_ids SET STATISTICS 0;
CREATE INDEX bulk_cap_sets_waiting ON bulk_cap_sets (cap_id, first_id) WHERE written_at IS NULL;
`;

// Since when every use is known to have been written down: what was not used before that moment is not known to be idle.
const USE_TRACKING = `
CREATE TABLE use_tracking (
  is_the_only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT use_tracking_is_one CHECK (is_the_only_row),
  whole_since timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO use_tracking DEFAULT VALUES;
`;

// One warning for each token, end and threshold; and one of idleness at a time, which is the mark itself. It is addressed once it
// is decided who is told; `recipients` are those, and `sent_at` is when the last of them was told or given up. The first index
// is of all kinds although only the warnings of expiry have an end: a token that is purged finds its warnings by it.
const TOKEN_WARNINGS = `
CREATE TABLE token_warnings (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  token_id uuid NOT NULL REFERENCES access_tokens ON DELETE CASCADE,
  kind text NOT NULL CONSTRAINT token_warnings_kind_is_known CHECK (kind IN ('EXPIRY', 'IDLE')),
  ends_at timestamptz,
  threshold_seconds bigint NOT NULL CONSTRAINT token_warnings_threshold_is_some_time CHECK (threshold_seconds > 0),
  decided_at timestamptz NOT NULL,
  recipients integer CONSTRAINT token_warnings_recipients_count CHECK (recipients >= 0),
  sent_at timestamptz,
  CONSTRAINT token_warnings_of_expiry_name_the_end CHECK ((kind = 'EXPIRY') = (ends_at IS NOT NULL)),
  CONSTRAINT token_warnings_are_addressed_before_they_are_sent CHECK (sent_at IS NULL OR recipients IS NOT NULL),
  CONSTRAINT token_warnings_are_decided_before_they_are_sent CHECK (sent_at >= decided_at)
);
CREATE UNIQUE INDEX token_warnings_one_a_threshold ON token_warnings (token_id, ends_at, threshold_seconds);
CREATE UNIQUE INDEX token_warnings_one_of_idleness ON token_warnings (token_id) WHERE kind = 'IDLE';
CREATE INDEX token_warnings_idle_by_moment ON token_warnings (decided_at, token_id) WHERE kind = 'IDLE';
`;

// What is to be told, written with the decision. `id` is the Message-ID and the webhook-id, of every attempt alike. A message
// waits until it is SENT or GIVEN_UP; whoever tries it holds it until `claimed_until`. `unanswered` attempts may have succeeded.
const OUTBOX = `
CREATE TABLE outbox_messages (
  id uuid PRIMARY KEY,
  channel text NOT NULL CONSTRAINT outbox_messages_channel_is_known CHECK (channel IN ('EMAIL', 'WEBHOOK')),
  purpose text NOT NULL CONSTRAINT outbox_messages_purpose_is_known CHECK (purpose IN ('token-warning', 'administrators', 'event')),
  recipient_id uuid,
  recipient_name text,
  recipient_email text,
  content jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  state text NOT NULL DEFAULT 'WAITING' CONSTRAINT outbox_messages_state_is_known CHECK (state IN ('WAITING', 'SENT', 'GIVEN_UP')),
  attempts integer NOT NULL DEFAULT 0 CONSTRAINT outbox_messages_attempts_count CHECK (attempts >= 0),
  unanswered integer NOT NULL DEFAULT 0 CONSTRAINT outbox_messages_unanswered_count CHECK (unanswered >= 0),
  last_attempt_at timestamptz,
  next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  claimed_by text,
  claimed_until timestamptz,
  last_error text,
  ended_at timestamptz,
  is_acknowledged boolean NOT NULL DEFAULT false,
  CONSTRAINT outbox_messages_mail_has_its_recipient CHECK ((channel = 'EMAIL') = (recipient_email IS NOT NULL)
    AND (channel = 'EMAIL') = (recipient_id IS NOT NULL)),
  CONSTRAINT outbox_messages_go_where_they_are_for CHECK ((purpose <> 'administrators' OR channel = 'EMAIL')
    AND (purpose <> 'event' OR channel = 'WEBHOOK')),
  CONSTRAINT outbox_messages_unanswered_are_attempts CHECK (unanswered <= attempts),
  CONSTRAINT outbox_messages_are_acknowledged_when_they_ended CHECK (NOT is_acknowledged OR state <> 'WAITING'),
  CONSTRAINT outbox_messages_end_once CHECK ((state = 'WAITING') = (ended_at IS NULL)),
  CONSTRAINT outbox_messages_are_claimed_while_they_wait CHECK ((claimed_by IS NULL) = (claimed_until IS NULL)
    AND (claimed_by IS NULL OR state = 'WAITING'))
);
CREATE INDEX outbox_messages_waiting ON outbox_messages (channel, next_attempt_at, id) WHERE state = 'WAITING';
CREATE INDEX outbox_messages_administrators ON outbox_messages (channel, next_attempt_at, id)
  WHERE state = 'WAITING' AND purpose = 'administrators';
CREATE INDEX outbox_messages_in_order ON outbox_messages (recipient_id, created_at, id)
  WHERE state = 'WAITING' AND purpose = 'administrators';
CREATE INDEX outbox_messages_to_acknowledge ON outbox_messages (id)
  WHERE purpose = 'token-warning' AND state <> 'WAITING' AND NOT is_acknowledged;
CREATE INDEX outbox_messages_by_end ON outbox_messages (state, ended_at) WHERE state <> 'WAITING';
`;

// Who is told of a warning: by mail each recipient, by webhook the one endpoint. Without a message the digest is still to be made.
const WARNING_RECIPIENTS = `
CREATE TABLE token_warning_recipients (
  warning_id uuid NOT NULL REFERENCES token_warnings ON DELETE CASCADE,
  channel text NOT NULL CONSTRAINT token_warning_recipients_channel_is_known CHECK (channel IN ('EMAIL', 'WEBHOOK')),
  user_id uuid REFERENCES users,
  message_id uuid REFERENCES outbox_messages ON DELETE SET NULL,
  is_told boolean NOT NULL DEFAULT false,
  CONSTRAINT token_warning_recipients_of_mail_are_users CHECK ((channel = 'EMAIL') = (user_id IS NOT NULL)),
  CONSTRAINT token_warning_recipients_once UNIQUE NULLS NOT DISTINCT (warning_id, channel, user_id)
);
CREATE INDEX token_warning_recipients_without_digest ON token_warning_recipients (channel, user_id, warning_id)
  WHERE message_id IS NULL AND NOT is_told;
CREATE INDEX token_warning_recipients_by_message ON token_warning_recipients (message_id) WHERE message_id IS NOT NULL;
`;

// Up to which event of the trail the webhook was fed. While nobody has a webhook it is off, and what happens then is not sent later.
const WEBHOOK_FEED = `
CREATE TABLE webhook_feed (
  is_the_only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT webhook_feed_is_one CHECK (is_the_only_row),
  is_on boolean NOT NULL DEFAULT false,
  through_sequence bigint NOT NULL DEFAULT 0 CONSTRAINT webhook_feed_is_within_the_trail CHECK (through_sequence >= 0)
);
INSERT INTO webhook_feed DEFAULT VALUES;
`;

// The timing that was last seen: where it changes, moments before the change were no moments of it. And the administrators who were
// told by mail that its newest fault began: they are told that it ended, however long that takes.
const TASKS = `
ALTER TABLE housekeeping_tasks
  ADD COLUMN seen_schedule text,
  ADD COLUMN seen_enabled boolean,
  ADD COLUMN told_of_fault uuid[] NOT NULL DEFAULT '{}',
  ADD CONSTRAINT housekeeping_tasks_have_seen_both CHECK ((seen_schedule IS NULL) = (seen_enabled IS NULL));
INSERT INTO housekeeping_tasks (task) VALUES ('EXPIRY_WARNINGS'), ('PURGE'), ('IDLE_REVOCATION');
`;

const PURGE = `
CREATE INDEX access_tokens_by_revocation ON access_tokens (revoked_at, id) WHERE revoked_at IS NOT NULL;
`;

// That an account can be brought back no more is told once, although nothing of it changes on that day.
const ORPHANS = `
ALTER TABLE service_accounts ADD COLUMN grace_ended_at timestamptz CONSTRAINT service_accounts_grace_is_of_orphans
  CHECK (grace_ended_at IS NULL OR orphaned_at IS NOT NULL);
`;

const CHANGES = `
ALTER TABLE changes DROP CONSTRAINT changes_kind_is_known, ADD CONSTRAINT changes_kind_is_known CHECK (kind IN
  ('token', 'user', 'group', 'service-account', 'signing-key', 'directory', 'bulk-revocation', 'bulk-cap'));
`;
