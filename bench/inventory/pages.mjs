/** Pages of fifty at the start and at the very end of the list of all tokens, by keyset cursor. */
import { Connection } from '../measuring/connection.mjs';
import { median, percentile, spread } from '../measuring/statistics.mjs';
import { graphql, graphqlAnswer, graphqlBytes, has, requireAnswer } from '../product/graphql.mjs';

const PAGE = 50;
const ASKED_IN_A_ROUND = 40;
const GOAL = 1.1;
const QUERY = `query ($first: Int, $last: Int, $after: String, $before: String, $orderBy: TokenOrder) {
  tokens(first: $first, last: $last, after: $after, before: $before, orderBy: $orderBy) {
    nodes { id name kind status createdAt endsAt }
    pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
  }
}`;
const STORED = { CREATED_AT: 'created_at', ENDS_AT: 'ends_at' };

/**
 * Measures the latency of one client that asks for pages at four places, in every order of the schema.
 * @param {object} bench What is measured
 */
export async function measurePages(bench) {
  const { product, add, say } = bench;
  const session = await product.signInAdministrator();
  for (const field of ['CREATED_AT', 'ENDS_AT', 'LAST_USED_AT']) {
    if (!(await has(product.url, `TokenOrderField.${field}`))) {
      add({ what: `list by ${field}: page at the end ÷ page at the start`, missing: 'not there yet' });
      continue;
    }
    say(`pages by ${field}`);
    const places = await placesOf(product.url, session, { field, direction: 'DESC' });
    await checkAgainstTable(product, field, places);
    const rounds = await roundsOf(bench, session, places);
    for (const place of ['end', 'deep']) {
      const ratios = rounds.map((round) => round[place].middle / round.start.middle);
      add({
        what: `list by ${field}: page at the ${place === 'end' ? 'end (last: 50)' : 'end (first: 50, after a cursor)'} ÷ page at the start`,
        value: median(ratios),
        unit: '×',
        goal: `≤ ${GOAL}`,
        holds: median(ratios) <= GOAL,
        spread: spread(ratios),
        beside: ['start', place].map((one) => figures(one, rounds)).join('; '),
      });
    }
  }
}

function figures(place, rounds) {
  const middles = rounds.map((round) => round[place].middle);
  return `${place} p50 ${median(middles).toFixed(2)} ms, p99 ${median(rounds.map((round) => round[place].late)).toFixed(2)} ms`;
}

/** Four pages: the first, the last, the one before the last, and that one again, reached forwards. */
async function placesOf(url, session, orderBy) {
  const ask = async (variables) => (await graphql(url, session, QUERY, { ...variables, orderBy })).tokens;
  const start = { first: PAGE };
  const end = { last: PAGE };
  const last = await ask(end);
  const beforeLast = await ask({ last: PAGE, before: last.pageInfo.startCursor });
  // After the token before these fifty: the same page from the other side.
  const reach = await ask({ last: 1, before: beforeLast.pageInfo.startCursor });
  const deep = { first: PAGE, after: reach.pageInfo.endCursor };
  const pages = { start: await ask(start), end: last, deep: await ask(deep) };
  if (JSON.stringify(pages.deep.nodes) !== JSON.stringify(beforeLast.nodes))
    throw new Error('A page near the end is another one when it is reached from the start.');
  if (Object.values(pages).some(({ nodes }) => nodes.length !== PAGE)) throw new Error('A page is not full.');
  const variables = { start, end, deep };
  return Object.fromEntries(
    Object.entries(pages).map(([place, page]) => [
      place,
      {
        ids: page.nodes.map((node) => node.id),
        bytes: graphqlBytes(url, session, QUERY, { ...variables[place], orderBy }),
        body: graphqlAnswer({ tokens: page }),
      },
    ]),
  );
}

async function checkAgainstTable({ database }, field, { start, end }) {
  const column = STORED[field];
  if (!column) return;
  const select = (direction) =>
    database.query(
      `SELECT id FROM access_tokens ORDER BY ${column} ${direction}, id ${direction} LIMIT ${PAGE}`,
    );
  const [first, last] = await Promise.all([select('DESC'), select('ASC')]);
  const expected = [first.rows, last.rows.toReversed()].map((rows) => rows.map(({ id }) => id));
  if (JSON.stringify([start.ids, end.ids]) !== JSON.stringify(expected))
    throw new Error(`The pages by ${field} are not those of the table.`);
}

async function roundsOf({ product, wish }, session, places) {
  const connection = await Connection.open(product.url);
  const rounds = [];
  for (let round = 0; round <= wish.rounds; round += 1) {
    const latencies = Object.fromEntries(Object.keys(places).map((place) => [place, []]));
    for (let turn = 0; turn < ASKED_IN_A_ROUND; turn += 1) {
      for (const [place, { bytes, body }] of Object.entries(places)) {
        const askedAt = performance.now();
        const answer = await connection.ask(bytes);
        latencies[place].push(performance.now() - askedAt);
        requireAnswer(answer, body, `the page at the ${place}`);
      }
    }
    const ofPlaces = Object.entries(latencies).map(([place, series]) => [
      place,
      { middle: median(series), late: percentile(series, 0.99) },
    ]);
    if (round > 0) rounds.push(Object.fromEntries(ofPlaces)); // the first one warms up
  }
  connection.close();
  return rounds;
}
