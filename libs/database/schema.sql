-- The schema as the migrations leave it. Written by `npm run schema:sql`; change a migration, not this.

CREATE EXTENSION pg_trgm;

CREATE TABLE access_tokens (
  id uuid NOT NULL,
  kind text NOT NULL,
  user_id uuid,
  service_account_id uuid,
  principal_id uuid GENERATED ALWAYS AS (COALESCE(user_id, service_account_id)) STORED NOT NULL,
  name text NOT NULL,
  description text,
  search_text text NOT NULL,
  profile text NOT NULL,
  scopes text[],
  audiences text[] NOT NULL,
  issuer text NOT NULL,
  kid text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  created_by jsonb NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  suspended_at timestamp with time zone,
  suspended_by jsonb,
  suspended_with_scope boolean DEFAULT false NOT NULL,
  revoked_at timestamp with time zone,
  revoked_by jsonb,
  revoked_reason text,
  predecessor_id uuid,
  rotated_at timestamp with time zone,
  ends_on_successors_use boolean DEFAULT false NOT NULL,
  first_used_at timestamp with time zone,
  CONSTRAINT access_tokens_are_for_somebody CHECK ((cardinality(audiences) >= 1)),
  CONSTRAINT access_tokens_belong_to_one_principal CHECK ((((kind = 'USER'::text) AND (user_id IS NOT NULL) AND (service_account_id IS NULL)) OR ((kind = 'SERVICE_ACCOUNT'::text) AND (service_account_id IS NOT NULL) AND (user_id IS NULL)))),
  CONSTRAINT access_tokens_count_whole_seconds CHECK (((date_trunc('second'::text, created_at) = created_at) AND (date_trunc('second'::text, expires_at) = expires_at) AND (date_trunc('second'::text, ends_at) = ends_at))),
  CONSTRAINT access_tokens_end_after_they_begin CHECK ((expires_at > created_at)),
  CONSTRAINT access_tokens_end_never_moves_later CHECK ((ends_at <= expires_at)),
  CONSTRAINT access_tokens_end_on_use_once_rotated CHECK (((NOT ends_on_successors_use) OR (rotated_at IS NOT NULL))),
  CONSTRAINT access_tokens_have_no_circle CHECK ((predecessor_id <> id)),
  CONSTRAINT access_tokens_kid_fkey FOREIGN KEY (kid) REFERENCES signing_keys(kid),
  CONSTRAINT access_tokens_pkey PRIMARY KEY (id),
  CONSTRAINT access_tokens_predecessor_id_fkey FOREIGN KEY (predecessor_id) REFERENCES access_tokens(id) ON DELETE SET NULL,
  CONSTRAINT access_tokens_reason_is_of_a_revocation CHECK (((revoked_reason IS NULL) OR (revoked_at IS NOT NULL))),
  CONSTRAINT access_tokens_revocation_has_its_author CHECK (((revoked_at IS NULL) = (revoked_by IS NULL))),
  CONSTRAINT access_tokens_scopes_are_some_or_unsaid CHECK (((cardinality(scopes) >= 1) AND (cardinality(scopes) <= 100))),
  CONSTRAINT access_tokens_service_account_id_fkey FOREIGN KEY (service_account_id) REFERENCES service_accounts(id),
  CONSTRAINT access_tokens_suspension_has_its_author CHECK (((suspended_at IS NULL) = (suspended_by IS NULL))),
  CONSTRAINT access_tokens_suspension_with_scope_is_one CHECK (((NOT suspended_with_scope) OR (suspended_at IS NOT NULL))),
  CONSTRAINT access_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX access_tokens_by_creation ON public.access_tokens USING btree (created_at, id);
CREATE INDEX access_tokens_by_end ON public.access_tokens USING btree (ends_at, id);
CREATE INDEX access_tokens_by_kid ON public.access_tokens USING btree (kid, expires_at);
CREATE INDEX access_tokens_by_kind ON public.access_tokens USING btree (kind, created_at, id);
CREATE INDEX access_tokens_by_kind_and_end ON public.access_tokens USING btree (kind, ends_at, id);
CREATE INDEX access_tokens_by_kind_and_name ON public.access_tokens USING btree (kind, name, id);
CREATE INDEX access_tokens_by_name ON public.access_tokens USING btree (name, id);
CREATE INDEX access_tokens_by_profile ON public.access_tokens USING btree (profile, created_at, id);
CREATE INDEX access_tokens_by_revocation ON public.access_tokens USING btree (revoked_at, id) WHERE (revoked_at IS NOT NULL);
CREATE INDEX access_tokens_by_search_text ON public.access_tokens USING gin (search_text gin_trgm_ops);
CREATE INDEX access_tokens_by_week_of_end ON public.access_tokens USING btree (kind, date_bin('7 days'::interval, ends_at, '2000-01-01 00:00:00+00'::timestamp with time zone), created_at, id) INCLUDE (ends_at);
CREATE UNIQUE INDEX access_tokens_have_one_successor ON public.access_tokens USING btree (predecessor_id) WHERE (predecessor_id IS NOT NULL);
CREATE INDEX access_tokens_live_of_principal ON public.access_tokens USING btree (principal_id, ends_at) WHERE (revoked_at IS NULL);
CREATE INDEX access_tokens_never_used ON public.access_tokens USING btree (created_at, id) WHERE (first_used_at IS NULL);
CREATE INDEX access_tokens_never_used_by_id ON public.access_tokens USING btree (id) WHERE (first_used_at IS NULL);
CREATE INDEX access_tokens_of_principal ON public.access_tokens USING btree (principal_id, created_at, id);
CREATE INDEX access_tokens_of_principal_by_end ON public.access_tokens USING btree (principal_id, ends_at, id);
CREATE INDEX access_tokens_revoked ON public.access_tokens USING btree (created_at, id) WHERE (revoked_at IS NOT NULL);
CREATE INDEX access_tokens_scoped ON public.access_tokens USING btree (created_at, id) WHERE (scopes IS NOT NULL);
CREATE INDEX access_tokens_suspended ON public.access_tokens USING btree (created_at, id) WHERE (suspended_at IS NOT NULL);
CREATE INDEX access_tokens_unrevoked_by_end ON public.access_tokens USING btree (ends_at, kind) WHERE (revoked_at IS NULL);
CREATE INDEX access_tokens_unscoped ON public.access_tokens USING btree (created_at, id) WHERE (scopes IS NULL);

CREATE TABLE administrator_groups (
  setting_name text NOT NULL,
  group_id uuid NOT NULL,
  pinned_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT administrator_groups_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id),
  CONSTRAINT administrator_groups_pkey PRIMARY KEY (setting_name)
);
CREATE INDEX administrator_groups_by_group ON public.administrator_groups USING btree (group_id);

CREATE TABLE audit_events (
  sequence bigint NOT NULL,
  hash bytea NOT NULL,
  id uuid NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
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
  details jsonb,
  CONSTRAINT audit_events_count_from_one CHECK ((sequence >= 1)),
  CONSTRAINT audit_events_hash_is_sha256 CHECK ((octet_length(hash) = 32)),
  CONSTRAINT audit_events_pkey PRIMARY KEY (sequence)
);
CREATE INDEX audit_events_by_action ON public.audit_events USING btree (action, sequence);
CREATE INDEX audit_events_by_actor ON public.audit_events USING btree (actor_id, sequence) WHERE (actor_id IS NOT NULL);
CREATE UNIQUE INDEX audit_events_by_id ON public.audit_events USING btree (id);
CREATE INDEX audit_events_by_moment ON public.audit_events USING btree (occurred_at, sequence);
CREATE INDEX audit_events_by_target ON public.audit_events USING btree (target_id, sequence) WHERE (target_id IS NOT NULL);
CREATE INDEX audit_events_refused ON public.audit_events USING btree (sequence) WHERE (outcome = 'REFUSED'::text);

CREATE TABLE audit_pending_events (
  arrival bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  occurred_at timestamp with time zone DEFAULT date_trunc('milliseconds'::text, clock_timestamp()) NOT NULL,
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
  details jsonb,
  CONSTRAINT audit_pending_events_actor_is_known CHECK ((actor_kind = ANY (ARRAY['USER'::text, 'SERVICE_ACCOUNT'::text, 'SYSTEM'::text]))),
  CONSTRAINT audit_pending_events_outcome_is_known CHECK ((outcome = ANY (ARRAY['SUCCEEDED'::text, 'REFUSED'::text]))),
  CONSTRAINT audit_pending_events_pkey PRIMARY KEY (arrival)
);

CREATE TABLE bulk_cap_sets (
  cap_id uuid NOT NULL,
  first_id uuid NOT NULL,
  last_id uuid NOT NULL,
  token_ids uuid[] NOT NULL,
  written_at timestamp with time zone,
  CONSTRAINT bulk_cap_sets_are_sorted CHECK ((first_id <= last_id)),
  CONSTRAINT bulk_cap_sets_cap_id_fkey FOREIGN KEY (cap_id) REFERENCES bulk_caps(id) ON DELETE CASCADE,
  CONSTRAINT bulk_cap_sets_hold_some CHECK ((cardinality(token_ids) > 0)),
  CONSTRAINT bulk_cap_sets_pkey PRIMARY KEY (cap_id, first_id)
);
CREATE INDEX bulk_cap_sets_waiting ON public.bulk_cap_sets USING btree (cap_id, first_id) WHERE (written_at IS NULL);

CREATE TABLE bulk_caps (
  id uuid NOT NULL,
  decided_at timestamp with time zone NOT NULL,
  author jsonb NOT NULL,
  reason text,
  policy_version integer NOT NULL,
  enforce_from timestamp with time zone NOT NULL,
  maxima jsonb NOT NULL,
  token_count integer NOT NULL,
  written_at timestamp with time zone,
  CONSTRAINT bulk_caps_count_whole_seconds CHECK ((date_trunc('second'::text, enforce_from) = enforce_from)),
  CONSTRAINT bulk_caps_hit_some CHECK ((token_count > 0)),
  CONSTRAINT bulk_caps_maxima_are_by_profile CHECK ((jsonb_typeof(maxima) = 'object'::text)),
  CONSTRAINT bulk_caps_one_a_version UNIQUE (policy_version),
  CONSTRAINT bulk_caps_pkey PRIMARY KEY (id),
  CONSTRAINT bulk_caps_policy_version_fkey FOREIGN KEY (policy_version) REFERENCES policy_versions(version)
);
CREATE INDEX bulk_caps_by_end ON public.bulk_caps USING btree (written_at);
CREATE INDEX bulk_caps_waiting ON public.bulk_caps USING btree (id) WHERE (written_at IS NULL);

CREATE TABLE bulk_revocation_sets (
  revocation_id uuid NOT NULL,
  first_id uuid NOT NULL,
  last_id uuid NOT NULL,
  token_ids uuid[] NOT NULL,
  written_at timestamp with time zone,
  CONSTRAINT bulk_revocation_sets_are_sorted CHECK ((first_id <= last_id)),
  CONSTRAINT bulk_revocation_sets_hold_some CHECK ((cardinality(token_ids) > 0)),
  CONSTRAINT bulk_revocation_sets_pkey PRIMARY KEY (revocation_id, first_id),
  CONSTRAINT bulk_revocation_sets_revocation_id_fkey FOREIGN KEY (revocation_id) REFERENCES bulk_revocations(id) ON DELETE CASCADE
);
CREATE INDEX bulk_revocation_sets_waiting ON public.bulk_revocation_sets USING btree (revocation_id, first_id) WHERE (written_at IS NULL);

CREATE TABLE bulk_revocations (
  id uuid NOT NULL,
  revoked_at timestamp with time zone NOT NULL,
  author jsonb NOT NULL,
  reason text,
  token_count integer NOT NULL,
  written_at timestamp with time zone,
  CONSTRAINT bulk_revocations_hit_some CHECK ((token_count > 0)),
  CONSTRAINT bulk_revocations_pkey PRIMARY KEY (id)
);
CREATE INDEX bulk_revocations_by_end ON public.bulk_revocations USING btree (written_at);
CREATE INDEX bulk_revocations_waiting ON public.bulk_revocations USING btree (id) WHERE (written_at IS NULL);

CREATE TABLE changes (
  "position" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
  kind text NOT NULL,
  subject_ids uuid[] NOT NULL,
  recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT changes_kind_is_known CHECK ((kind = ANY (ARRAY['token'::text, 'user'::text, 'group'::text, 'service-account'::text, 'signing-key'::text, 'directory'::text, 'bulk-revocation'::text, 'bulk-cap'::text]))),
  CONSTRAINT changes_pkey PRIMARY KEY ("position")
);
CREATE INDEX changes_by_moment ON public.changes USING btree (recorded_at);
CREATE INDEX changes_by_xid ON public.changes USING btree (xid, "position");

CREATE TABLE directory_copy (
  is_whole boolean NOT NULL,
  whole_since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT directory_copy_is_one CHECK (is_whole),
  CONSTRAINT directory_copy_pkey PRIMARY KEY (is_whole)
);

CREATE TABLE directory_held_answers (
  run_id uuid NOT NULL,
  disabled_user_ids uuid[] NOT NULL,
  removed_user_ids uuid[] NOT NULL,
  removed_group_ids uuid[] NOT NULL,
  emptied_group_ids uuid[] NOT NULL,
  held_since timestamp with time zone NOT NULL,
  CONSTRAINT directory_held_answers_pkey PRIMARY KEY (run_id),
  CONSTRAINT directory_held_answers_run_id_fkey FOREIGN KEY (run_id) REFERENCES housekeeping_runs(id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX directory_held_answers_one_waits ON public.directory_held_answers USING btree ((true));

CREATE TABLE dropped_administrator_groups (
  setting_name text NOT NULL,
  group_id uuid NOT NULL,
  dropped_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT dropped_administrator_groups_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id),
  CONSTRAINT dropped_administrator_groups_pkey PRIMARY KEY (setting_name)
);

CREATE TABLE group_members (
  group_id uuid NOT NULL,
  user_id uuid NOT NULL,
  CONSTRAINT group_members_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id),
  CONSTRAINT group_members_pkey PRIMARY KEY (group_id, user_id),
  CONSTRAINT group_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX group_members_by_user ON public.group_members USING btree (user_id, group_id);

CREATE TABLE groups (
  id uuid NOT NULL,
  name text NOT NULL,
  search_text text NOT NULL,
  state text DEFAULT 'ACTIVE'::text NOT NULL,
  removed_at timestamp with time zone,
  grants text[] DEFAULT '{}'::text[] NOT NULL,
  CONSTRAINT groups_grants_hold_no_null CHECK ((array_position(grants, NULL::text) IS NULL)),
  CONSTRAINT groups_pkey PRIMARY KEY (id),
  CONSTRAINT groups_removed_have_their_moment CHECK (((state = 'REMOVED'::text) = (removed_at IS NOT NULL))),
  CONSTRAINT groups_state_is_known CHECK ((state = ANY (ARRAY['ACTIVE'::text, 'REMOVED'::text])))
);
CREATE INDEX groups_by_name ON public.groups USING btree (name, id) WHERE (state <> 'REMOVED'::text);

CREATE TABLE housekeeping_runs (
  id uuid NOT NULL,
  task text NOT NULL,
  fence bigint NOT NULL,
  trigger text NOT NULL,
  started_by jsonb NOT NULL,
  process text NOT NULL,
  dry_run boolean NOT NULL,
  state text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  lease_until timestamp with time zone,
  finished_at timestamp with time zone,
  examined integer DEFAULT 0 NOT NULL,
  affected integer DEFAULT 0 NOT NULL,
  error text,
  is_fault boolean DEFAULT false NOT NULL,
  details jsonb,
  CONSTRAINT housekeeping_runs_affected_counts CHECK ((affected >= 0)),
  CONSTRAINT housekeeping_runs_are_faults_where_they_failed CHECK (((NOT is_fault) OR ((state = 'FAILED'::text) AND (NOT dry_run)))),
  CONSTRAINT housekeeping_runs_end_once CHECK (((state = 'RUNNING'::text) = (finished_at IS NULL))),
  CONSTRAINT housekeeping_runs_examined_counts CHECK ((examined >= 0)),
  CONSTRAINT housekeeping_runs_have_their_own_fence UNIQUE (task, fence),
  CONSTRAINT housekeeping_runs_hold_only_the_directory CHECK (((state <> 'HELD'::text) OR ((task = 'DIRECTORY_SYNC'::text) AND (NOT dry_run)))),
  CONSTRAINT housekeeping_runs_hold_their_lock_while_running CHECK (((state = 'RUNNING'::text) = (lease_until IS NOT NULL))),
  CONSTRAINT housekeeping_runs_pkey PRIMARY KEY (id),
  CONSTRAINT housekeeping_runs_say_why_they_failed CHECK (((state = 'FAILED'::text) = (error IS NOT NULL))),
  CONSTRAINT housekeeping_runs_state_is_known CHECK ((state = ANY (ARRAY['RUNNING'::text, 'SUCCEEDED'::text, 'FAILED'::text, 'HELD'::text]))),
  CONSTRAINT housekeeping_runs_task_fkey FOREIGN KEY (task) REFERENCES housekeeping_tasks(task),
  CONSTRAINT housekeeping_runs_trigger_is_known CHECK ((trigger = ANY (ARRAY['SCHEDULE'::text, 'MANUAL'::text, 'CATCH_UP'::text])))
);
CREATE INDEX housekeeping_runs_by_start ON public.housekeeping_runs USING btree (started_at, id);
CREATE INDEX housekeeping_runs_of_task_by_start ON public.housekeeping_runs USING btree (task, started_at, id);
CREATE UNIQUE INDEX housekeeping_runs_one_at_a_time ON public.housekeeping_runs USING btree (task, dry_run) WHERE (state = 'RUNNING'::text);

CREATE TABLE housekeeping_tasks (
  task text NOT NULL,
  fence bigint DEFAULT 0 NOT NULL,
  scheduled_through timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  last_success_at timestamp with time zone,
  seen_schedule text,
  seen_enabled boolean,
  told_of_fault uuid[] DEFAULT '{}'::uuid[] NOT NULL,
  CONSTRAINT housekeeping_tasks_are_known CHECK ((task = ANY (ARRAY['EXPIRY_WARNINGS'::text, 'PURGE'::text, 'IDLE_REVOCATION'::text, 'DIRECTORY_SYNC'::text]))),
  CONSTRAINT housekeeping_tasks_have_seen_both CHECK (((seen_schedule IS NULL) = (seen_enabled IS NULL))),
  CONSTRAINT housekeeping_tasks_pkey PRIMARY KEY (task)
);

CREATE TABLE idempotency_keys (
  principal_id uuid NOT NULL,
  key text NOT NULL,
  operation text NOT NULL,
  input_hash bytea NOT NULL,
  token_id uuid NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT idempotency_keys_are_short CHECK (((length(key) >= 1) AND (length(key) <= 100))),
  CONSTRAINT idempotency_keys_hash_is_sha256 CHECK ((octet_length(input_hash) = 32)),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (principal_id, key)
);
CREATE INDEX idempotency_keys_by_moment ON public.idempotency_keys USING btree (created_at);

CREATE TABLE migrations (
  id integer DEFAULT nextval('migrations_id_seq'::regclass) NOT NULL,
  "timestamp" bigint NOT NULL,
  name character varying NOT NULL,
  CONSTRAINT "PK_8c82d7f526340ab734260ea46be" PRIMARY KEY (id)
);

CREATE TABLE outbox_messages (
  id uuid NOT NULL,
  channel text NOT NULL,
  purpose text NOT NULL,
  recipient_id uuid,
  recipient_name text,
  recipient_email text,
  content jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  state text DEFAULT 'WAITING'::text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  unanswered integer DEFAULT 0 NOT NULL,
  last_attempt_at timestamp with time zone,
  next_attempt_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  claimed_by text,
  claimed_until timestamp with time zone,
  last_error text,
  ended_at timestamp with time zone,
  is_acknowledged boolean DEFAULT false NOT NULL,
  CONSTRAINT outbox_messages_are_acknowledged_when_they_ended CHECK (((NOT is_acknowledged) OR (state <> 'WAITING'::text))),
  CONSTRAINT outbox_messages_are_claimed_while_they_wait CHECK ((((claimed_by IS NULL) = (claimed_until IS NULL)) AND ((claimed_by IS NULL) OR (state = 'WAITING'::text)))),
  CONSTRAINT outbox_messages_attempts_count CHECK ((attempts >= 0)),
  CONSTRAINT outbox_messages_channel_is_known CHECK ((channel = ANY (ARRAY['EMAIL'::text, 'WEBHOOK'::text]))),
  CONSTRAINT outbox_messages_end_once CHECK (((state = 'WAITING'::text) = (ended_at IS NULL))),
  CONSTRAINT outbox_messages_go_where_they_are_for CHECK ((((purpose <> 'administrators'::text) OR (channel = 'EMAIL'::text)) AND ((purpose <> 'event'::text) OR (channel = 'WEBHOOK'::text)))),
  CONSTRAINT outbox_messages_mail_has_its_recipient CHECK ((((channel = 'EMAIL'::text) = (recipient_email IS NOT NULL)) AND ((channel = 'EMAIL'::text) = (recipient_id IS NOT NULL)))),
  CONSTRAINT outbox_messages_pkey PRIMARY KEY (id),
  CONSTRAINT outbox_messages_purpose_is_known CHECK ((purpose = ANY (ARRAY['token-warning'::text, 'administrators'::text, 'event'::text]))),
  CONSTRAINT outbox_messages_state_is_known CHECK ((state = ANY (ARRAY['WAITING'::text, 'SENT'::text, 'GIVEN_UP'::text]))),
  CONSTRAINT outbox_messages_unanswered_are_attempts CHECK ((unanswered <= attempts)),
  CONSTRAINT outbox_messages_unanswered_count CHECK ((unanswered >= 0))
);
CREATE INDEX outbox_messages_administrators ON public.outbox_messages USING btree (channel, next_attempt_at, id) WHERE ((state = 'WAITING'::text) AND (purpose = 'administrators'::text));
CREATE INDEX outbox_messages_by_end ON public.outbox_messages USING btree (state, ended_at) WHERE (state <> 'WAITING'::text);
CREATE INDEX outbox_messages_in_order ON public.outbox_messages USING btree (recipient_id, created_at, id) WHERE ((state = 'WAITING'::text) AND (purpose = 'administrators'::text));
CREATE INDEX outbox_messages_to_acknowledge ON public.outbox_messages USING btree (id) WHERE ((purpose = 'token-warning'::text) AND (state <> 'WAITING'::text) AND (NOT is_acknowledged));
CREATE INDEX outbox_messages_waiting ON public.outbox_messages USING btree (channel, next_attempt_at, id) WHERE (state = 'WAITING'::text);

CREATE TABLE policy_versions (
  version integer NOT NULL,
  document jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL,
  created_by jsonb NOT NULL,
  reason text,
  CONSTRAINT policy_versions_count_from_one CHECK ((version >= 1)),
  CONSTRAINT policy_versions_pkey PRIMARY KEY (version)
);

CREATE TABLE service_account_groups (
  service_account_id uuid NOT NULL,
  group_id uuid NOT NULL,
  CONSTRAINT service_account_groups_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id),
  CONSTRAINT service_account_groups_pkey PRIMARY KEY (service_account_id, group_id),
  CONSTRAINT service_account_groups_service_account_id_fkey FOREIGN KEY (service_account_id) REFERENCES service_accounts(id)
);
CREATE INDEX service_account_groups_by_group ON public.service_account_groups USING btree (group_id, service_account_id);

CREATE TABLE service_accounts (
  id uuid NOT NULL,
  name text NOT NULL,
  description text,
  search_text text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  created_by jsonb NOT NULL,
  suspended_at timestamp with time zone,
  orphaned_at timestamp with time zone,
  deleted_at timestamp with time zone,
  grace_ended_at timestamp with time zone,
  CONSTRAINT service_accounts_grace_is_of_orphans CHECK (((grace_ended_at IS NULL) OR (orphaned_at IS NOT NULL))),
  CONSTRAINT service_accounts_pkey PRIMARY KEY (id)
);
CREATE INDEX service_accounts_by_name ON public.service_accounts USING btree (name, id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX service_accounts_name_is_unique ON public.service_accounts USING btree (name) WHERE (deleted_at IS NULL);

CREATE TABLE sessions (
  id uuid NOT NULL,
  token_hash bytea NOT NULL,
  user_id uuid NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  CONSTRAINT sessions_end_after_they_begin CHECK ((expires_at > created_at)),
  CONSTRAINT sessions_hash_is_sha256 CHECK ((octet_length(token_hash) = 32)),
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX sessions_by_end ON public.sessions USING btree (expires_at);
CREATE UNIQUE INDEX sessions_by_token_hash ON public.sessions USING btree (token_hash);

CREATE TABLE sign_in_failures (
  key text NOT NULL,
  points integer DEFAULT 0 NOT NULL,
  expire bigint,
  CONSTRAINT sign_in_failures_pkey PRIMARY KEY (key)
);
CREATE INDEX sign_in_failures_by_expiry ON public.sign_in_failures USING btree (expire);

CREATE TABLE signing_keys (
  kid text NOT NULL,
  algorithm text NOT NULL,
  public_jwk jsonb NOT NULL,
  sealed_private_key bytea NOT NULL,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  active_from timestamp with time zone NOT NULL,
  retired_at timestamp with time zone,
  withdrawn_at timestamp with time zone,
  CONSTRAINT signing_keys_algorithm_is_known CHECK ((algorithm = ANY (ARRAY['ES256'::text, 'RS256'::text]))),
  CONSTRAINT signing_keys_kid_begins_rightly CHECK ((kid ~ '^tokenwarden-[a-z0-9-]+$'::text)),
  CONSTRAINT signing_keys_pkey PRIMARY KEY (kid),
  CONSTRAINT signing_keys_public_part_only CHECK ((NOT (public_jwk ?| ARRAY['d'::text, 'p'::text, 'q'::text, 'dp'::text, 'dq'::text, 'qi'::text, 'oth'::text, 'k'::text]))),
  CONSTRAINT signing_keys_retire_after_they_were_active CHECK ((retired_at >= active_from))
);

CREATE TABLE token_usage_days (
  token_id uuid NOT NULL,
  day date NOT NULL,
  uses bigint NOT NULL,
  CONSTRAINT token_usage_days_are_days_of_use CHECK ((uses > 0)),
  CONSTRAINT token_usage_days_pkey PRIMARY KEY (token_id, day),
  CONSTRAINT token_usage_days_token_id_fkey FOREIGN KEY (token_id) REFERENCES access_tokens(id) ON DELETE CASCADE
);

CREATE TABLE token_uses (
  token_id uuid NOT NULL,
  last_used_at timestamp with time zone NOT NULL,
  last_used_from text,
  last_used_agent text,
  CONSTRAINT token_uses_pkey PRIMARY KEY (token_id),
  CONSTRAINT token_uses_token_id_fkey FOREIGN KEY (token_id) REFERENCES access_tokens(id) ON DELETE CASCADE
);
CREATE INDEX token_uses_by_moment ON public.token_uses USING btree (last_used_at, token_id);

CREATE TABLE token_warning_recipients (
  warning_id uuid NOT NULL,
  channel text NOT NULL,
  user_id uuid,
  message_id uuid,
  is_told boolean DEFAULT false NOT NULL,
  CONSTRAINT token_warning_recipients_channel_is_known CHECK ((channel = ANY (ARRAY['EMAIL'::text, 'WEBHOOK'::text]))),
  CONSTRAINT token_warning_recipients_message_id_fkey FOREIGN KEY (message_id) REFERENCES outbox_messages(id) ON DELETE SET NULL,
  CONSTRAINT token_warning_recipients_of_mail_are_users CHECK (((channel = 'EMAIL'::text) = (user_id IS NOT NULL))),
  CONSTRAINT token_warning_recipients_once UNIQUE NULLS NOT DISTINCT (warning_id, channel, user_id),
  CONSTRAINT token_warning_recipients_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
  CONSTRAINT token_warning_recipients_warning_id_fkey FOREIGN KEY (warning_id) REFERENCES token_warnings(id) ON DELETE CASCADE
);
CREATE INDEX token_warning_recipients_by_message ON public.token_warning_recipients USING btree (message_id) WHERE (message_id IS NOT NULL);
CREATE INDEX token_warning_recipients_without_digest ON public.token_warning_recipients USING btree (channel, user_id, warning_id) WHERE ((message_id IS NULL) AND (NOT is_told));

CREATE TABLE token_warnings (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  token_id uuid NOT NULL,
  kind text NOT NULL,
  ends_at timestamp with time zone,
  threshold_seconds bigint NOT NULL,
  decided_at timestamp with time zone NOT NULL,
  recipients integer,
  sent_at timestamp with time zone,
  CONSTRAINT token_warnings_are_addressed_before_they_are_sent CHECK (((sent_at IS NULL) OR (recipients IS NOT NULL))),
  CONSTRAINT token_warnings_are_decided_before_they_are_sent CHECK ((sent_at >= decided_at)),
  CONSTRAINT token_warnings_kind_is_known CHECK ((kind = ANY (ARRAY['EXPIRY'::text, 'IDLE'::text]))),
  CONSTRAINT token_warnings_of_expiry_name_the_end CHECK (((kind = 'EXPIRY'::text) = (ends_at IS NOT NULL))),
  CONSTRAINT token_warnings_pkey PRIMARY KEY (id),
  CONSTRAINT token_warnings_recipients_count CHECK ((recipients >= 0)),
  CONSTRAINT token_warnings_threshold_is_some_time CHECK ((threshold_seconds > 0)),
  CONSTRAINT token_warnings_token_id_fkey FOREIGN KEY (token_id) REFERENCES access_tokens(id) ON DELETE CASCADE
);
CREATE INDEX token_warnings_idle_by_moment ON public.token_warnings USING btree (decided_at, token_id) WHERE (kind = 'IDLE'::text);
CREATE UNIQUE INDEX token_warnings_one_a_threshold ON public.token_warnings USING btree (token_id, ends_at, threshold_seconds);
CREATE UNIQUE INDEX token_warnings_one_of_idleness ON public.token_warnings USING btree (token_id) WHERE (kind = 'IDLE'::text);

CREATE TABLE use_tracking (
  is_the_only_row boolean DEFAULT true NOT NULL,
  whole_since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT use_tracking_is_one CHECK (is_the_only_row),
  CONSTRAINT use_tracking_pkey PRIMARY KEY (is_the_only_row)
);

CREATE TABLE users (
  id uuid NOT NULL,
  username text NOT NULL,
  canonical_username text NOT NULL,
  display_name text NOT NULL,
  email text,
  search_text text NOT NULL,
  state text DEFAULT 'ACTIVE'::text NOT NULL,
  removed_at timestamp with time zone,
  last_sign_in_at timestamp with time zone,
  sessions_end_before timestamp with time zone,
  CONSTRAINT users_pkey PRIMARY KEY (id),
  CONSTRAINT users_removed_have_their_moment CHECK (((state = 'REMOVED'::text) = (removed_at IS NOT NULL))),
  CONSTRAINT users_state_is_known CHECK ((state = ANY (ARRAY['ACTIVE'::text, 'DISABLED'::text, 'REMOVED'::text])))
);
CREATE INDEX users_by_canonical_username ON public.users USING btree (canonical_username) WHERE (state <> 'REMOVED'::text);
CREATE INDEX users_by_username ON public.users USING btree (username, id) WHERE (state <> 'REMOVED'::text);

CREATE TABLE waiting_suspensions (
  user_id uuid NOT NULL,
  decided_at timestamp with time zone NOT NULL,
  CONSTRAINT waiting_suspensions_pkey PRIMARY KEY (user_id),
  CONSTRAINT waiting_suspensions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX waiting_suspensions_by_moment ON public.waiting_suspensions USING btree (decided_at, user_id);

CREATE TABLE webhook_feed (
  is_the_only_row boolean DEFAULT true NOT NULL,
  is_on boolean DEFAULT false NOT NULL,
  through_sequence bigint DEFAULT 0 NOT NULL,
  CONSTRAINT webhook_feed_is_one CHECK (is_the_only_row),
  CONSTRAINT webhook_feed_is_within_the_trail CHECK ((through_sequence >= 0)),
  CONSTRAINT webhook_feed_pkey PRIMARY KEY (is_the_only_row)
);

CREATE OR REPLACE FUNCTION public.audit_events_are_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'The audit trail is append-only.' USING ERRCODE = 'integrity_constraint_violation';
END $function$
;

CREATE TRIGGER audit_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_events_are_append_only();
