/** Synchronisations of a whole company: how long they take, and how long an introspection waits meanwhile. */
import { setTimeout as pause } from 'node:timers/promises';
import { median, percentile, spread } from '../measuring/statistics.mjs';
import { introspections, INTROSPECTIONS_A_SECOND } from '../product/introspections.mjs';
import { runOf, untilCalm } from '../product/runs.mjs';

const GOALS = { seconds: 120, longest: 100 };
const CALM_SECONDS = 5;
const MOST_ROUNDS = 3;

/**
 * How long the first start's synchronisation took, as its run says.
 * @param {object} bench What is measured
 */
export async function measureFirst(bench) {
  const { product, company, add } = bench;
  const { rows } = await product.database.query(
    `SELECT extract(epoch FROM finished_at - started_at)::float AS seconds FROM housekeeping_runs
     WHERE task = 'DIRECTORY_SYNC' AND state = 'SUCCEEDED' ORDER BY finished_at LIMIT 1`,
  );
  const value = rows[0].seconds;
  const what = 'the first synchronisation: everybody is read and written';
  add({
    what,
    value,
    unit: 's',
    goal: `≤ ${GOALS.seconds} s`,
    holds: value <= GOALS.seconds,
    beside: company.size,
  });
}

/**
 * Some more, by mutation, with a token introspected all the time.
 * @param {object} bench What is measured
 * @param {'same' | 'changed'} kind Whether one person in a hundred has changed in the directory before each
 */
export async function measureNext(bench, kind) {
  const { product, company, add, undo, say, wish } = bench;
  const session = await product.signInAdministrator();
  const load = await introspections(product.url, session);
  undo(() => load.stop()); // an error must not leave it running
  await untilCalm(product);
  load.start();
  await pause(CALM_SECONDS * 1_000);
  load.take(); // the first sight of it
  const rounds = [];
  for (let round = 0; round < Math.min(wish.rounds, MOST_ROUNDS); round += 1) {
    const expected = kind === 'changed' ? await company.change() : 0;
    await untilCalm(product);
    load.take();
    await pause(CALM_SECONDS * 1_000);
    const before = load.take();
    const { seconds, affected } = await runOf(product.url, session, 'DIRECTORY_SYNC');
    const during = load.take();
    if (affected !== expected) throw new Error(`${affected} instead of ${expected} were changed.`);
    say(`synchronised (${kind}): ${seconds.toFixed(1)} s, ${affected} changed`);
    rounds.push({
      seconds,
      longest: Math.max(...during),
      tail: percentile(during, 0.99),
      before: percentile(before, 0.99),
    });
  }
  await load.stop();
  addFigures(add, kind, rounds);
}

function addFigures(add, kind, rounds) {
  const which = kind === 'same' ? 'where nothing has changed' : 'where one person in a hundred has changed';
  const series = (name) => rounds.map((round) => round[name]);
  const [seconds, longest] = [median(series('seconds')), median(series('longest'))];
  add({
    what: `a synchronisation ${which}`,
    value: seconds,
    unit: 's',
    spread: spread(series('seconds')),
    goal: `≤ ${GOALS.seconds} s`,
    holds: seconds <= GOALS.seconds,
  });
  const [tail, before] = [median(series('tail')).toFixed(1), median(series('before')).toFixed(1)];
  add({
    what: 'the longest that an introspection waited meanwhile, at constant arrivals',
    value: longest,
    unit: 'ms',
    spread: spread(series('longest')),
    goal: `≤ ${GOALS.longest} ms`,
    holds: longest <= GOALS.longest,
    beside: `${INTROSPECTIONS_A_SECOND}/s: p99 before ${before} ms, meanwhile ${tail} ms`,
  });
}
