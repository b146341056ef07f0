/** The longest statement that anybody else has running in Postgres, looked at many times a second. */
import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MILLISECONDS = 25;
const RUNNING = `SELECT extract(epoch FROM clock_timestamp() - query_start)::float * 1000 AS milliseconds, left(query, 200) AS sql
  FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND backend_type = 'client backend'
    AND pid <> pg_backend_pid() ORDER BY query_start LIMIT 1`;

/** Looks until it is stopped; what is shorter than the time between two looks may be missed. */
export class LongestStatement {
  #longest = { milliseconds: 0, sql: '' };
  #isStopped = false;
  #running;

  /** @param {import('pg').Pool} database Of the bench's own */
  constructor(database) {
    this.#running = this.#look(database);
  }

  /**
   * Ends.
   * @returns {Promise<{milliseconds: number, sql: string}>} The longest that was seen
   */
  async stop() {
    this.#isStopped = true;
    await this.#running;
    return this.#longest;
  }

  async #look(database) {
    while (!this.#isStopped) {
      const { rows } = await database.query(RUNNING);
      if (rows[0]?.milliseconds > this.#longest.milliseconds) this.#longest = rows[0];
      await pause(EVERY_MILLISECONDS);
    }
  }
}
