/** A million tokens of a company: owners, kinds, ends, last uses and names as they come about in years. */
import { ADMINISTRATOR, idOf } from '../product/company.mjs';

const CHUNK = 50_000;
const ACCOUNTS = 60;
const YEARS_SECONDS = 2 * 365 * 86_400;

/**
 * Fills the tables of the running product: each token as the product itself would have written it, with its last use where
 * it had one. Nine in ten have ended; the newest were made an hour ago.
 * @param {object} bench What is measured
 * @param {import('../product/product.mjs').Product} bench.product Whose tables are filled
 * @param {{tokens: number}} bench.wish How many tokens
 * @param {(sentence: string) => void} bench.say Told how far it is
 * @returns {Promise<void>} After ANALYZE
 */
export async function fillWithTokens({ product, wish, say }) {
  const client = await product.database.connect();
  try {
    // Nothing here has to survive a power cut, and every reference is right by how it is made.
    await client.query('SET synchronous_commit = off');
    await client.query('SET session_replication_role = replica');
    await client.query(SERVICE_ACCOUNTS, [ACCOUNTS, actor()]);
    for (let from = 0; from < wish.tokens; from += CHUNK) {
      const to = Math.min(from + CHUNK, wish.tokens);
      await client.query(TOKENS, [from, to - 1, wish.tokens, YEARS_SECONDS, product.url, actor()]);
      say(`filled ${to.toLocaleString('en')} of ${wish.tokens.toLocaleString('en')} tokens`);
    }
    await client.query(USES);
    await client.query('ANALYZE');
    await client.query('CHECKPOINT');
  } finally {
    client.release(true); // with what was set for it
  }
}

/**
 * Who made what the bench made, as `created_by` has it.
 * @returns {string} JSON
 */
export function actor() {
  return JSON.stringify({ kind: 'USER', id: idOf(ADMINISTRATOR), name: ADMINISTRATOR });
}

const SERVICE_ACCOUNTS = `
WITH made AS (
  INSERT INTO service_accounts (id, name, search_text, created_at, created_by)
  SELECT gen_random_uuid(), 'job-' || i, 'job-' || i, now() - interval '2 years', $2::jsonb
  FROM generate_series(1, $1::integer) AS i RETURNING id, name)
INSERT INTO service_account_groups (service_account_id, group_id)
SELECT made.id, g.id FROM made JOIN LATERAL (
  SELECT id FROM groups WHERE name LIKE 'team-%' ORDER BY md5(made.name || groups.name) LIMIT 2) AS g ON true`;

// Owners are skewed: of ten tokens three belong to a service account, and the busiest tenth of the people has most others.
const TOKENS = `
WITH people AS (SELECT array_agg(id ORDER BY username) AS ids FROM users WHERE username LIKE 'user-%'),
accounts AS (SELECT array_agg(id ORDER BY name) AS ids FROM service_accounts),
key AS (SELECT kid FROM signing_keys ORDER BY created_at DESC LIMIT 1),
drawn AS (
  SELECT i, random() AS of_kind, random() AS of_owner, random() AS of_life, random() AS of_fate, random() AS of_scope,
    random() AS of_use, date_trunc('second', now() - interval '1 hour' - make_interval(secs => $4::double precision * ($3::integer - i) / $3))
      AS created_at
  FROM generate_series($1::integer, $2::integer) AS i),
lived AS (
  SELECT *, created_at + CASE WHEN of_kind < 0.3 THEN make_interval(days => 30 + (of_life * 330)::integer)
    ELSE make_interval(secs => 86400 + floor(of_life * of_life * 89 * 86400)) END AS expires_at FROM drawn)
INSERT INTO access_tokens (id, kind, user_id, service_account_id, name, search_text, profile, scopes, audiences, issuer, kid,
  created_at, created_by, expires_at, ends_at, suspended_at, suspended_by, revoked_at, revoked_by, revoked_reason, first_used_at)
SELECT gen_random_uuid(), CASE WHEN of_kind < 0.3 THEN 'SERVICE_ACCOUNT' ELSE 'USER' END,
  CASE WHEN of_kind >= 0.3 THEN people.ids[1 + floor(of_owner ^ 2.5 * cardinality(people.ids))::integer] END,
  CASE WHEN of_kind < 0.3 THEN accounts.ids[1 + floor(of_owner * cardinality(accounts.ids))::integer] END,
  named.name, named.name, CASE WHEN of_kind < 0.3 THEN 'automation' ELSE 'interactive' END,
  CASE WHEN of_scope < 0.3 THEN NULL WHEN of_scope < 0.7 THEN ARRAY['dataset/sales/*:read']
    ELSE ARRAY['dataset/*:read', 'spark-job/*:run'] END,
  ARRAY[$5::text], $5, key.kid, lived.created_at, $6::jsonb, lived.expires_at, lived.expires_at,
  CASE WHEN of_fate BETWEEN 0.08 AND 0.1 THEN lived.created_at + interval '2 hours' END,
  CASE WHEN of_fate BETWEEN 0.08 AND 0.1 THEN $6::jsonb END,
  CASE WHEN of_fate < 0.08 THEN lived.created_at + interval '3 hours' END,
  CASE WHEN of_fate < 0.08 THEN $6::jsonb END,
  CASE WHEN of_fate < 0.04 THEN 'no longer needed' END,
  CASE WHEN of_use < 0.75 THEN lived.created_at + interval '5 minutes' END
FROM lived, people, accounts, key,
LATERAL (SELECT (ARRAY['notebook', 'nightly-load', 'dashboard', 'ci', 'export', 'backfill', 'laptop', 'model-training'])[1 + i % 8]
  || '-' || (i % 4999) AS name) AS named`;

const USES = `
INSERT INTO token_uses (token_id, last_used_at, last_used_from, last_used_agent)
SELECT id, date_trunc('milliseconds', first_used_at + random() * (least(ends_at, now()) - first_used_at)), '10.0.0.1', 'bench'
FROM access_tokens WHERE first_used_at IS NOT NULL AND least(ends_at, now()) > first_used_at`;
