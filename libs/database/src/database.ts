import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { Problem } from '@tokenwarden/vocabulary';
import { inTime } from './in-time.js';
import { storageProblem } from './storage-problem.js';

/** What every query function takes first: the transaction that it is part of. */
export type Transaction = EntityManager;

/** How long work on the database may take before whoever waits for it is told UNAVAILABLE; a request ends within 5 s. */
const REQUEST_SECONDS = 4;

/** How work on the database is bounded. */
export interface Bounds {
  /** After so many seconds the caller is told UNAVAILABLE; 4 unless told, which suits a request. Work in the background has more. */
  readonly withinSeconds?: number;
}

/** The one way to Postgres. Storage trouble comes out as the problem `UNAVAILABLE`, never as an empty answer. */
export class Database {
  constructor(readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one transaction (READ COMMITTED) and commits it, or nothing of it. Where the answer of the commit
   * never came it is UNAVAILABLE too, and either may have happened.
   * @throws Problem `UNAVAILABLE` when Postgres cannot be reached or does not answer in time
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T>, bounds: Bounds = {}): Promise<T> {
    return guarded(() => this.dataSource.transaction(work), bounds);
  }

  /**
   * Runs reads that must fit each other: all of them see one moment, the first one's, and Postgres lets nothing be written
   * meanwhile.
   * @throws Problem `UNAVAILABLE` when Postgres cannot be reached or does not answer in time
   */
  async inSnapshot<T>(work: (tx: Transaction) => Promise<T>, bounds: Bounds = {}): Promise<T> {
    return this.transaction(async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      return work(tx);
    }, bounds);
  }

  /**
   * Runs reads that need no transaction around them: each statement sees its own moment.
   * @throws Problem `UNAVAILABLE` when Postgres cannot be reached or does not answer in time
   */
  async read<T>(work: (tx: Transaction) => Promise<T>, bounds: Bounds = {}): Promise<T> {
    return guarded(() => work(this.dataSource.manager), bounds);
  }

  /** Gives back every connection; the database itself stays. */
  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

async function guarded<T>(work: () => Promise<T>, { withinSeconds = REQUEST_SECONDS }: Bounds): Promise<T> {
  try {
    return await inTime(withinSeconds, work());
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw storageProblem(error) ?? error;
  }
}
