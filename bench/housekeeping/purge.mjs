/** A purge of half a million, beside one bare DELETE of the same rows. */
import { graphql } from '../product/graphql.mjs';
import { runOf } from '../product/runs.mjs';
import { meanwhile } from './meanwhile.mjs';

const SHARE = 2; // every second token, 500,000 of a million
const GOALS = { ratio: 0.5, statement: 1_000, tail: 2 };
const VERSION = `query { policy { version } }`;
const UPDATE = `mutation ($input: UpdatePolicyInput!) { updatePolicy(input: $input) { policy { version } } }`;

/**
 * The policy is set so that every second token is due; one DELETE of these is timed and taken back; then the run does it. One
 * round: what is gone is gone.
 * @param {object} bench What is measured
 * @param {{session: string, load: import('../measuring/load.mjs').ConstantArrivals}} around A session, and load that runs
 */
export async function measurePurge(bench, { session, load }) {
  const { product, wish, say, add } = bench;
  const seconds = await secondsThatHit(product, Math.floor(wish.tokens / SHARE));
  const { policy } = await graphql(product.url, session, VERSION);
  await graphql(product.url, session, UPDATE, {
    input: {
      expectedVersion: policy.version,
      changes: { purge: { after: `PT${seconds}S`, enabled: false } },
      reason: 'bench',
    },
  });
  const bare = await takenBack(product, seconds);
  await product.database.query('VACUUM (ANALYZE) access_tokens, token_uses, token_warnings');
  const { done, before, during, longest } = await meanwhile(bench, load, () =>
    runOf(product.url, session, 'PURGE'),
  );
  if (done.affected < bare.count)
    throw new Error(`${done.affected} of at least ${bare.count} rows were purged.`);
  const ratio = done.affected / done.seconds / (bare.count / bare.seconds);
  say(
    `purged ${done.affected} in ${done.seconds.toFixed(1)} s, bare ${bare.seconds.toFixed(1)} s; longest statement ${Math.round(longest.milliseconds)} ms: ${longest.sql}`,
  );
  const rate = (count, inSeconds) => `${Math.round(count / inSeconds).toLocaleString('en')} rows/s`;
  add({
    what: `purging ${done.affected.toLocaleString('en')}, each with its event ÷ one bare DELETE, rows a second`,
    value: ratio,
    unit: '×',
    goal: `≥ ${GOALS.ratio} ×`,
    holds: ratio >= GOALS.ratio,
    beside: `${rate(done.affected, done.seconds)}; bare ${rate(bare.count, bare.seconds)}`,
  });
  add({
    what: 'the longest statement of the purge',
    value: longest.milliseconds,
    unit: 'ms',
    goal: `≤ ${GOALS.statement} ms`,
    holds: longest.milliseconds <= GOALS.statement,
  });
  add({
    what: 'p99 of introspection meanwhile ÷ before, at constant arrivals',
    value: during / before,
    unit: '×',
    goal: `≤ ${GOALS.tail} ×`,
    holds: during / before <= GOALS.tail,
    beside: `before ${before.toFixed(1)} ms, meanwhile ${during.toFixed(1)} ms`,
  });
}

// How long ago the last of so many ended that ended first.
async function secondsThatHit({ database }, count) {
  const { rows } = await database.query(
    `SELECT floor(extract(epoch FROM now() - least(ends_at, revoked_at)))::integer AS seconds FROM access_tokens
     WHERE least(ends_at, revoked_at) < now() ORDER BY least(ends_at, revoked_at) OFFSET $1 LIMIT 1`,
    [count],
  );
  return rows[0].seconds;
}

async function takenBack({ database }, seconds) {
  const client = await database.connect();
  try {
    await client.query('BEGIN');
    const beganAt = performance.now();
    const { rowCount: count } = await client.query(
      `DELETE FROM access_tokens WHERE ends_at < now() - make_interval(secs => $1) OR revoked_at < now() - make_interval(secs => $1)`,
      [seconds],
    );
    return { count, seconds: (performance.now() - beganAt) / 1_000 };
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}
