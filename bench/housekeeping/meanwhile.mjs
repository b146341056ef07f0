/** What others notice while something is done, and the longest statement of it. */
import { setTimeout as pause } from 'node:timers/promises';
import { LongestStatement } from '../measuring/longest-statement.mjs';
import { percentile } from '../measuring/statistics.mjs';
import { untilCalm } from '../product/runs.mjs';

const CALM_SECONDS = 5;

/**
 * Lets it be done under load.
 * @param {object} bench What is measured
 * @param {import('../measuring/load.mjs').ConstantArrivals} load Running
 * @param {() => Promise<object>} work What is done
 * @returns {Promise<{done: object, before: number, during: number, longest: {milliseconds: number, sql: string}}>} p99 in
 * milliseconds of introspections before and meanwhile
 */
export async function meanwhile(bench, load, work) {
  const { product } = bench;
  await untilCalm(product);
  load.take();
  await pause(CALM_SECONDS * 1_000);
  const before = percentile(load.take(), 0.99);
  const looking = new LongestStatement(product.database);
  try {
    const done = await work();
    return { done, before, during: percentile(load.take(), 0.99), longest: await looking.stop() };
  } finally {
    await looking.stop();
  }
}
