/** Runs of housekeeping, begun by hand and waited for. */
import { setTimeout as pause } from 'node:timers/promises';
import { graphql } from './graphql.mjs';

const ENDS_WITHIN_SECONDS = 900;
const BEGIN = `mutation ($task: HousekeepingTask!) { runHousekeeping(input: { task: $task }) { run { id } } }`;
const RUN = `query ($id: ID!) { node(id: $id) { ... on HousekeepingRun { id state error affected startedAt finishedAt details } } }`;

/**
 * Begins a run and waits until it has SUCCEEDED.
 * @param {string} url The product's
 * @param {string} session Of an administrator
 * @param {string} task As HousekeepingTask
 * @returns {Promise<{id: string, seconds: number, affected: number, details: object | null}>} By its own times
 * @throws Error where it ends otherwise, or not within a quarter of an hour
 */
export async function runOf(url, session, task) {
  const { runHousekeeping } = await graphql(url, session, BEGIN, { task });
  const deadline = Date.now() + ENDS_WITHIN_SECONDS * 1_000;
  for (;;) {
    const { node } = await graphql(url, session, RUN, { id: runHousekeeping.run.id });
    if (node.state === 'SUCCEEDED') {
      const seconds = (Date.parse(node.finishedAt) - Date.parse(node.startedAt)) / 1_000;
      return { id: node.id, seconds, affected: node.affected, details: node.details };
    }
    if (node.state !== 'RUNNING' || Date.now() > deadline)
      throw new Error(`A run is ${node.state}: ${node.error}`);
    await pause(100);
  }
}

/**
 * Waits until the events of what was changed before have their places.
 * @param {import('./product.mjs').Product} product Running
 * @throws Error after a quarter of an hour
 */
export async function untilCalm({ database }) {
  const deadline = Date.now() + ENDS_WITHIN_SECONDS * 1_000;
  for (;;) {
    const { rows } = await database.query('SELECT EXISTS (SELECT FROM audit_pending_events) AS waits');
    if (!rows[0].waits) return;
    if (Date.now() > deadline) throw new Error('Events wait for their places for a quarter of an hour.');
    await pause(500);
  }
}
