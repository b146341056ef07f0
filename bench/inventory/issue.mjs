/** Issuing with its audit event, against the same rows inserted by bare pg in one commit; the mutation beside it. */
import { closedLoop } from '../measuring/load.mjs';
import { median, shown, spread } from '../measuring/statistics.mjs';
import { idOf, signIn, SIGNING_IN_USERS } from '../product/company.mjs';
import { graphqlBytes } from '../product/graphql.mjs';
import { startWorker } from './worker.mjs';

const GOAL = 0.5;
const CLIENTS = [1, 8];
const MUTATION = `mutation ($input: CreateUserTokenInput!) {
  createUserToken(input: $input) { accessToken token { id name endsAt } }
}`;

/**
 * Measures the use case in a process of its own, bare pg in another, and the mutation over HTTP, in interleaved rounds; after
 * each the rows that it says it wrote must be there.
 * @param {object} bench What is measured
 */
export async function measureIssuing(bench) {
  const { product, say, wish } = bench;
  const users = SIGNING_IN_USERS.map((username) => ({ id: idOf(username), username }));
  say(`signing in ${users.length} users`);
  const sessions = [];
  for (const { username } of users) sessions.push(await signIn(product.url, username));
  const workers = {
    'use case': await startWorker(bench, 'issue-product.mjs', { users }, await product.settingsOfRooms()),
    'bare pg': await startWorker(bench, 'issue-bare.mjs', { users, ...(await signatureOf(product)) }),
  };
  const ways = {
    ...Object.fromEntries(Object.entries(workers).map(([way, { ask }]) => [way, (run) => ask(run)])),
    mutation: (run) => byMutation(product, sessions, run),
  };
  for (const issue of Object.values(ways)) {
    await issue({ clients: Math.max(...CLIENTS), seconds: wish.warmUpSeconds, name: 'bench warms up' });
  }
  for (const clients of CLIENTS) {
    const rounds = [];
    for (let round = 0; round < wish.rounds; round += 1) {
      const measured = {};
      for (const [way, issue] of Object.entries(ways)) {
        const name = `bench ${way} ${clients} ${round}`;
        measured[way] = await issue({ clients, seconds: wish.seconds, name });
        await requireRows(product, name, measured[way].count);
      }
      say(
        `issuing, ${clients} at once: ${Object.keys(ways)
          .map((way) => `${way} ${shown(measured[way].perSecond)}/s`)
          .join(', ')}`,
      );
      rounds.push(measured);
    }
    addRatios(bench.add, clients, rounds);
  }
  for (const worker of Object.values(workers)) await worker.end();
}

function addRatios(add, clients, rounds) {
  const ratios = rounds.map((round) => round['use case'].perSecond / round['bare pg'].perSecond);
  const middle = (way, figure = 'perSecond') => shown(median(rounds.map((round) => round[way][figure])));
  add({
    what: `issuing with audit (use case) ÷ the same rows by bare pg, ${clients === 1 ? 'one client' : `${clients} clients`}`,
    value: median(ratios),
    unit: '×',
    goal: `≥ ${GOAL}`,
    holds: median(ratios) >= GOAL,
    spread: spread(ratios),
    beside:
      `use case ${middle('use case')}/s, ${middle('use case', 'processorMilliseconds')} ms CPU; ` +
      `bare ${middle('bare pg')}/s, ${middle('bare pg', 'processorMilliseconds')} ms; ` +
      `mutation ${middle('mutation')}/s, ${middle('mutation', 'processorMilliseconds')} ms`,
  });
}

async function byMutation({ url, pid }, sessions, { clients, seconds, name }) {
  const variables = { input: { name, lifetime: 'P1D' } };
  const requests = sessions.map((session) => graphqlBytes(url, session, MUTATION, variables));
  let number = 0;
  const check = ({ status, body }) => {
    if (status !== 200 || !body.includes('"accessToken":"eyJ'))
      throw new Error(`No token: ${status} ${body}`);
  };
  return closedLoop({
    url,
    pid,
    clients,
    seconds,
    check,
    request: () => requests[(number += 1) % requests.length],
  });
}

/** What of a token's row bare pg cannot make up: the key of the foreign key, and the issuer. */
async function signatureOf({ database, url }) {
  const { rows } = await database.query('SELECT kid FROM signing_keys ORDER BY created_at DESC LIMIT 1');
  return { kid: rows[0].kid, issuer: url };
}

async function requireRows({ database }, name, count) {
  const { rows } = await database.query(
    `SELECT (SELECT count(*) FROM access_tokens WHERE name = $1) AS tokens,
       (SELECT count(*) FROM audit_pending_events WHERE target_name = $1)
         + (SELECT count(*) FROM audit_events WHERE action = 'token.created' AND target_name = $1
             AND sequence > (SELECT coalesce(max(sequence), 0) - 200000 FROM audit_events)) AS events`,
    [name],
  );
  if (Number(rows[0].tokens) !== count || Number(rows[0].events) !== count)
    throw new Error(`${count} tokens were issued, and there are ${JSON.stringify(rows[0])}.`);
}
