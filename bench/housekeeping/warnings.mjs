/** A run of EXPIRY_WARNINGS with 50,000 due of a million, beside the bare SQL that finds and marks the same ones. */
import { median, spread } from '../measuring/statistics.mjs';
import { runOf } from '../product/runs.mjs';
import { actor } from '../inventory/fill.mjs';
import { meanwhile } from './meanwhile.mjs';

const SHARE = 20; // one token in twenty, 50,000 of a million
const MOST_ROUNDS = 3;
const GOALS = { ratio: 2, statement: 1_000, tail: 2 };

/**
 * Each round makes as many tokens that are due, finds and marks them by bare SQL and takes that back, and lets the run do it.
 * @param {object} bench What is measured
 * @param {{session: string, load: import('../measuring/load.mjs').ConstantArrivals}} around A session, and load that runs
 */
export async function measureWarnings(bench, { session, load }) {
  const { product, wish, say } = bench;
  const size = Math.floor(wish.tokens / SHARE);
  await product.database.query(ALL_ARE_WARNED);
  const rounds = [];
  for (let round = 0; round < Math.min(wish.rounds, MOST_ROUNDS); round += 1) {
    await product.database.query(DUE_TOKENS, [size, product.url, actor(), `due ${round}`]);
    await product.database.query('VACUUM (ANALYZE) access_tokens, token_warnings');
    const bare = await takenBack(product, FIND_AND_MARK, size);
    const all = await takenBack(product, ALL_OF_IT, size);
    await product.database.query('VACUUM (ANALYZE) token_warnings, audit_pending_events');
    const mails = bench.mails;
    const { done, before, during, longest } = await meanwhile(bench, load, () =>
      runOf(product.url, session, 'EXPIRY_WARNINGS'),
    );
    if (done.affected !== size) throw new Error(`${done.affected} of ${size} tokens were warned.`);
    const found = await secondsOfFinding(product, done.id);
    say(
      `warned ${size}: found and marked in ${found.toFixed(2)} s (bare ${bare.toFixed(2)} s, all the same rows ${all.toFixed(2)} s), ` +
        `${bench.mails - mails} mails, all in ${done.seconds.toFixed(1)} s; longest statement ${Math.round(longest.milliseconds)} ms: ${longest.sql}`,
    );
    rounds.push({
      ratio: found / bare,
      all: found / all,
      found,
      bare,
      whole: done.seconds,
      mails: bench.mails - mails,
      statement: longest.milliseconds,
      tail: during / before,
      before,
      during,
    });
  }
  addFigures(bench.add, size, rounds);
}

function addFigures(add, size, rounds) {
  const series = (name) => rounds.map((round) => round[name]);
  const middle = (name, digits = 2) => median(series(name)).toFixed(digits);
  const figure = (name, what, unit, beside) => ({
    what,
    value: median(series(name)),
    unit,
    spread: spread(series(name)),
    goal: `≤ ${GOALS[name]} ${unit}`,
    holds: median(series(name)) <= GOALS[name],
    beside,
  });
  add(
    figure(
      'ratio',
      `warnings: ${size.toLocaleString('en')} due are found and marked, with recipients and events ÷ bare SQL that finds and marks`,
      '×',
      `${middle('found')} s; bare ${middle('bare')} s; ÷ all the same rows by one statement ${middle('all')} ×`,
    ),
  );
  add(figure('statement', 'the longest statement of the whole run', 'ms'));
  add(
    figure(
      'tail',
      'p99 of introspection meanwhile ÷ before, at constant arrivals',
      '×',
      `before ${middle('before', 1)} ms, meanwhile ${middle('during', 1)} ms`,
    ),
  );
  add({
    what: 'the whole run: digests made, and each mail taken by the server',
    value: median(series('whole')),
    unit: 's',
    spread: spread(series('whole')),
    beside: `${middle('mails', 0)} mails`,
  });
}

async function takenBack({ database }, sql, size) {
  const client = await database.connect();
  try {
    await client.query('BEGIN');
    const beganAt = performance.now();
    const { rows } = await client.query(sql);
    const seconds = (performance.now() - beganAt) / 1_000;
    if (rows[0].count !== size) throw new Error(`The bare SQL found ${rows[0].count} of ${size} tokens.`);
    return seconds;
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

// From the beginning of the run to the commit of its last batch: a row's moment is that of its batch.
async function secondsOfFinding({ database }, runId) {
  const { rows } = await database.query(
    `SELECT extract(epoch FROM max(w.decided_at) - r.started_at)::float AS seconds
     FROM housekeeping_runs r, token_warnings w WHERE r.id = $1 AND w.decided_at >= r.started_at GROUP BY r.started_at`,
    [runId],
  );
  return rows[0].seconds;
}

const ALL_ARE_WARNED = `
INSERT INTO token_warnings (token_id, kind, ends_at, threshold_seconds, decided_at, recipients, sent_at)
SELECT id, 'EXPIRY', ends_at, 1, now(), 0, now() FROM access_tokens
WHERE revoked_at IS NULL AND rotated_at IS NULL AND ends_at > now()`;

const DUE_TOKENS = `
INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by,
  expires_at, ends_at, first_used_at)
SELECT gen_random_uuid(), 'USER', people.ids[1 + i % cardinality(people.ids)], $4, $4, 'interactive', ARRAY[$2::text], $2,
  (SELECT kid FROM signing_keys ORDER BY created_at DESC LIMIT 1), moment.created, $3::jsonb, moment.ends, moment.ends, moment.created
FROM generate_series(1, $1::integer) AS i,
  (SELECT array_agg(id) AS ids FROM users WHERE username LIKE 'user-%') AS people,
  LATERAL (SELECT date_trunc('second', now()) - interval '25 days' AS created,
    date_trunc('second', now()) + interval '3 days' + make_interval(secs => i % 86400) AS ends) AS moment`;

const DUE = `
SELECT t.id, t.ends_at, due.threshold FROM access_tokens t CROSS JOIN LATERAL (
  SELECT min(seconds) AS threshold FROM unnest(ARRAY[2592000, 604800, 86400]::bigint[]) AS seconds
  WHERE t.ends_at - seconds * interval '1 second' <= now() AND t.ends_at - t.created_at > seconds * interval '1 second') AS due
WHERE t.revoked_at IS NULL AND t.rotated_at IS NULL AND t.ends_at > now() AND t.ends_at <= now() + interval '30 days'
  AND due.threshold IS NOT NULL AND NOT EXISTS (SELECT FROM token_warnings w WHERE w.kind = 'EXPIRY' AND w.token_id = t.id
    AND w.ends_at = t.ends_at AND w.threshold_seconds <= due.threshold)`;

const MARK = `INSERT INTO token_warnings (token_id, kind, ends_at, threshold_seconds, decided_at)
  SELECT id, 'EXPIRY', ends_at, threshold, now() FROM (${DUE}) AS due RETURNING id, token_id`;

const FIND_AND_MARK = `WITH marked AS (${MARK}) SELECT count(*)::integer AS count FROM marked`;

const ALL_OF_IT = `WITH marked AS (${MARK}),
  recorded AS (INSERT INTO audit_pending_events (action, outcome, actor_kind, actor_name, target_type, target_id)
    SELECT 'token.warned', 'SUCCEEDED', 'SYSTEM', 'Tokenwarden', 'token', token_id::text FROM marked),
  addressed AS (INSERT INTO token_warning_recipients (warning_id, channel, user_id)
    SELECT marked.id, 'EMAIL', t.user_id FROM marked JOIN access_tokens t ON t.id = marked.token_id)
  SELECT count(*)::integer AS count FROM marked`;
