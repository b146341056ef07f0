/** The GraphQL page of fifty tokens with owners and their groups, against the same page as a bare Fastify JSON route. */
import { closedLoop } from '../measuring/load.mjs';
import { requestBytes } from '../measuring/connection.mjs';
import { median, shown, spread } from '../measuring/statistics.mjs';
import { graphql, graphqlAnswer, graphqlBytes, requireAnswer } from '../product/graphql.mjs';
import { statementsOf } from '../product/statements.mjs';
import { startWorker } from './worker.mjs';

const CLIENTS = 8;
const GOAL = 0.25;
const SIZES = [10, 50, 100];
const QUERY = `query ($first: Int) {
  tokens(first: $first, filter: { kind: USER }) {
    nodes {
      id name description kind status profile scopes audiences createdAt expiresAt endsAt revokedAt
      ... on UserToken { owner { username groups { name } } }
    }
  }
}`;

/**
 * Measures both in interleaved rounds. The bare route sends the very statements that the product sends, read from Postgres' log
 * and not from our memory, and its answer must be the same.
 * @param {object} bench What is measured
 */
export async function measurePageOfFifty(bench) {
  const { product, add, say, wish } = bench;
  const session = await product.signInAdministrator();
  const statements = [];
  for (const first of SIZES) {
    statements.push(await statementsOf(product, () => graphql(product.url, session, QUERY, { first })));
  }
  const counts = statements.map((list) => list.length);
  say(`a page of ${SIZES.join(', ')} takes ${counts.join(', ')} statements`);
  add({
    what: 'GraphQL page with owners and groups: statements for 10, 50, 100 tokens',
    text: counts.join(', '),
    goal: 'constant',
    holds: new Set(counts).size === 1,
  });

  const bare = await startWorker(bench, 'bare-page.mjs', { statements: statements[1] });
  const { tokens } = await graphql(product.url, session, QUERY, { first: 50 });
  const expected = {
    product: graphqlAnswer({ tokens }),
    bare: Buffer.from(JSON.stringify(tokens)),
  };
  const loads = {
    product: {
      url: product.url,
      pid: product.pid,
      bytes: graphqlBytes(product.url, session, QUERY, { first: 50 }),
    },
    bare: { url: bare.url, pid: bare.pid, bytes: requestBytes(bare.url, { method: 'GET' }) },
  };
  const rounds = [];
  for (let round = 0; round <= wish.rounds; round += 1) {
    const measured = {};
    for (const [name, { url, pid, bytes }] of Object.entries(loads)) {
      const check = (answer) => requireAnswer(answer, expected[name], `a page of 50 (${name})`);
      measured[name] = await closedLoop({
        url,
        pid,
        clients: CLIENTS,
        seconds: round === 0 ? wish.warmUpSeconds : wish.seconds,
        request: () => bytes,
        check,
      });
    }
    say(
      `page of 50: GraphQL ${shown(measured.product.perSecond)}/s, bare Fastify ${shown(measured.bare.perSecond)}/s`,
    );
    if (round > 0) rounds.push(measured); // the first one warms up
  }
  await bare.end();
  addRatios(add, rounds);
}

function addRatios(add, rounds) {
  const ratios = rounds.map(({ product, bare }) => product.perSecond / bare.perSecond);
  const middle = (name, figure) => median(rounds.map((round) => round[name][figure]));
  add({
    what: 'GraphQL page of 50 (12 fields, owner, its groups) ÷ bare Fastify route, requests a second',
    value: median(ratios),
    unit: '×',
    goal: `≥ ${GOAL}`,
    holds: median(ratios) >= GOAL,
    spread: spread(ratios),
    beside: `GraphQL ${shown(middle('product', 'perSecond'))}/s; bare ${shown(middle('bare', 'perSecond'))}/s`,
  });
  const processor = rounds.map(
    ({ product, bare }) => product.processorMilliseconds / bare.processorMilliseconds,
  );
  add({
    what: 'the same page, server CPU a request ÷ bare',
    value: median(processor),
    unit: '×',
    spread: spread(processor),
    beside: `GraphQL ${shown(middle('product', 'processorMilliseconds'))} ms; bare ${shown(middle('bare', 'processorMilliseconds'))} ms`,
  });
}
