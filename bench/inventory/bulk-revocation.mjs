/** Revoking 100,000 tokens by one call: how soon it answers, how soon every one is dead, and what others notice of it. */
import { setTimeout as pause } from 'node:timers/promises';
import { requestBytes } from '../measuring/connection.mjs';
import { ConstantArrivals } from '../measuring/load.mjs';
import { median, percentile, spread } from '../measuring/statistics.mjs';
import { signIn, SIGNING_IN_USERS } from '../product/company.mjs';
import { graphql, has } from '../product/graphql.mjs';
import { INTROSPECTIONS_A_SECOND } from '../product/introspections.mjs';
import { actor } from './fill.mjs';

const SHARE = 10; // one token in ten, 100,000 of a million
const SAMPLE = 200;
const CALM_SECONDS = 5;
const DEAD_WITHIN_SECONDS = 60;
const WRITTEN_WITHIN_SECONDS = 300;
const GOALS = { answered: 500, dead: 1_000, tail: 2 };
const CREATE = `mutation ($input: CreateUserTokenInput!) { createUserToken(input: $input) { accessToken token { id } } }`;
const REVOKE = `mutation ($input: RevokeTokensInput!) { revokeTokens(input: $input) { matched revoked } }`;

/**
 * Each round makes as many tokens of one moment, as a leak does, and ends all that were created then.
 * @param {object} bench What is measured
 */
export async function measureBulkRevocation(bench) {
  const { product, add, wish } = bench;
  if (!(await has(product.url, 'Mutation.revokeTokens'))) {
    add({ what: 'revoking many at once', missing: 'not there yet' });
    return;
  }
  const size = Math.max(Math.floor(wish.tokens / SHARE), 2 * SAMPLE);
  const session = await product.signInAdministrator();
  const gateway = await graphql(product.url, session, CREATE, {
    input: { name: 'gateway', scopes: ['tokens:introspect'], lifetime: 'P1D' },
  });
  const ask = introspectionOf(product.url, gateway.createUserToken.accessToken);
  const users = await Promise.all(SIGNING_IN_USERS.slice(0, 20).map((name) => signIn(product.url, name)));
  const rounds = [];
  const count = Math.min(wish.rounds, 3); // each writes a hundred thousand rows
  for (let round = 0; round < count; round += 1) {
    rounds.push(await oneRound(bench, { size, session, users, ask, round }));
  }
  addFigures(add, size, rounds);
}

async function oneRound(bench, { size, session, users, ask, round }) {
  const { product, say } = bench;
  const control = await issued(product.url, users, `control ${round}`);
  await pause(1_100); // creation counts in whole seconds
  const since = new Date(Math.floor(Date.now() / 1_000) * 1_000 - 1_000);
  const sample = await issued(product.url, users, `leaked ${round}`);
  await insertLeaked(product, size - sample.length, new Date(since.getTime() + 1_000), round);
  await pause(1_100);
  const until = new Date(Math.floor(Date.now() / 1_000) * 1_000);
  const watch = new Watch(ask, sample, control);
  const load = new ConstantArrivals({ url: product.url, perSecond: INTROSPECTIONS_A_SECOND, ...watch.load });
  bench.undo(() => load.stop()); // an error must not leave it running
  load.start();
  await watch.untilAll(true);
  load.take(); // the first sight of each
  await pause(CALM_SECONDS * 1_000);
  const before = percentile(load.take(), 0.99);

  const beganAt = performance.now();
  const filter = { createdAfter: since, createdBefore: until, status: ['ACTIVE'] };
  const { revokeTokens } = await graphql(product.url, session, REVOKE, {
    input: { filter, reason: 'leaked' },
  });
  const answered = performance.now() - beganAt;
  if (revokeTokens.matched !== size)
    throw new Error(`${revokeTokens.matched} of ${size} tokens were matched.`);
  await watch.untilAll(false);
  const dead = Math.max(answered, watch.lastSeenAliveAt - beganAt);
  await untilWritten(product, { since, until, size });
  const written = (performance.now() - beganAt) / 1_000;
  await load.stop();
  const during = percentile(load.take(), 0.99);
  say(
    `revoked ${size}: answered in ${Math.round(answered)} ms, all dead in ${Math.round(dead)} ms, written in ${written.toFixed(1)} s`,
  );
  return { answered, dead, written, tail: during / before, before, during };
}

function addFigures(add, size, rounds) {
  const figures = [
    [
      'answered',
      'ms',
      `revoking ${size.toLocaleString('en')} at once: until the answer`,
      `≤ ${GOALS.answered} ms`,
    ],
    ['dead', 'ms', `until the last of ${SAMPLE} was seen alive`, `≤ ${GOALS.dead} ms`],
    ['tail', '×', 'p99 of introspection meanwhile ÷ before, at constant arrivals', `≤ ${GOALS.tail}`],
    ['written', 's', 'until every row and every event is written', undefined],
  ];
  for (const [name, unit, what, goal] of figures) {
    const series = rounds.map((round) => round[name]);
    const value = median(series);
    const middle = (one) => median(rounds.map((round) => round[one])).toFixed(1);
    add({
      what,
      value,
      unit,
      spread: spread(series),
      ...(goal && { goal, holds: value <= GOALS[name] }),
      ...(name === 'tail' && {
        beside: `${INTROSPECTIONS_A_SECOND}/s: before ${middle('before')} ms, meanwhile ${middle('during')} ms`,
      }),
    });
  }
}

async function issued(url, users, name) {
  const values = [];
  for (let i = 0; i < SAMPLE; i += 1) {
    const { createUserToken } = await graphql(url, users[i % users.length], CREATE, {
      input: { name, lifetime: 'P1D' },
    });
    values.push(createUserToken.accessToken);
  }
  return values;
}

async function insertLeaked({ database, url }, count, createdAt, round) {
  await database.query(
    `INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by,
       expires_at, ends_at)
     SELECT gen_random_uuid(), 'USER', people.ids[1 + i % cardinality(people.ids)], $2, $2, 'interactive', ARRAY[$3::text], $3,
       (SELECT kid FROM signing_keys ORDER BY created_at DESC LIMIT 1), $4, $5::jsonb, $4::timestamptz + interval '1 day',
       $4::timestamptz + interval '1 day'
     FROM generate_series(1, $1::integer) AS i,
       (SELECT array_agg(id) AS ids FROM users WHERE username LIKE 'user-%') AS people`,
    [count, `leaked ${round}`, url, createdAt, actor()],
  );
  await database.query('ANALYZE access_tokens');
}

function introspectionOf(url, gateway) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: `Bearer ${gateway}` };
  return (token) => requestBytes(`${url}/oauth2/introspect`, { headers, body: `token=${token}` });
}

/** Introspects by turns a token of the sample, which is to die, and one beside it, which is to live; and takes note. */
class Watch {
  #active = new Map();
  lastSeenAliveAt = 0;

  constructor(ask, sample, control) {
    this.sample = sample;
    const requests = sample.flatMap((token, i) => [ask(token), ask(control[i])]);
    this.load = {
      request: (turn) => requests[turn % requests.length],
      check: (answer, turn, dueAt) => this.#see(answer, turn % requests.length, dueAt),
    };
  }

  /** Waits until each of the sample was last answered so. */
  async untilAll(expected) {
    const deadline = performance.now() + DEAD_WITHIN_SECONDS * 1_000;
    const isSo = (token) => this.#active.get(token) === expected;
    while (!this.sample.every(isSo)) {
      if (performance.now() > deadline) throw new Error(`Some tokens are still not active: ${expected}.`);
      await pause(20);
    }
  }

  #see({ status, body }, place, dueAt) {
    const isActive = body.includes('"active":true');
    const isOfSample = place % 2 === 0;
    if (status !== 200 || (!isActive && !isOfSample)) throw new Error(`A good token: ${status} ${body}`);
    if (!isOfSample) return;
    this.#active.set(this.sample[place / 2], isActive);
    if (isActive) this.lastSeenAliveAt = Math.max(this.lastSeenAliveAt, dueAt);
  }
}

async function untilWritten({ database }, { since, until, size }) {
  const deadline = performance.now() + WRITTEN_WITHIN_SECONDS * 1_000;
  for (;;) {
    const { rows } = await database.query('SELECT EXISTS (SELECT FROM audit_pending_events) AS waits');
    if (!rows[0].waits && (await revoked(database, since, until)) === size) return;
    if (performance.now() > deadline) throw new Error('A bulk revocation was not written in five minutes.');
    await pause(500);
  }
}

async function revoked(database, since, until) {
  const { rows } = await database.query(
    `SELECT count(*)::integer AS count FROM access_tokens
     WHERE created_at > $1 AND created_at < $2 AND revoked_at IS NOT NULL`,
    [since, until],
  );
  return rows[0].count;
}
