import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { Problem } from '@tokenwarden/vocabulary';
import { storageProblem } from './storage-problem.js';

/** What every query function takes first: the transaction that it is part of. */
export type Transaction = EntityManager;

/** The one way to Postgres. Storage trouble comes out as the problem `UNAVAILABLE`, never as an empty answer. */
export class Database {
  constructor(readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one transaction (READ COMMITTED) and commits it, or nothing of it.
   * @throws Problem `UNAVAILABLE` when Postgres cannot be reached or does not answer in time
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return guarded(() => this.dataSource.transaction(work));
  }

  /**
   * Runs reads that need no transaction around them: each statement sees its own moment.
   * @throws Problem `UNAVAILABLE` when Postgres cannot be reached or does not answer in time
   */
  async read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return guarded(() => work(this.dataSource.manager));
  }

  /** Gives back every connection; the database itself stays. */
  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw storageProblem(error) ?? error;
  }
}
