import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { Problem, unavailable } from '@tokenwarden/vocabulary';
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
    return await inTime(work(), withinSeconds);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw storageProblem(error) ?? error;
  }
}

// A hanging Postgres holds the connect, the statement and the rollback up one after the other, each within its own
// bound; whoever waits for all of them together needs one of their own.
async function inTime<T>(work: Promise<T>, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(unavailable('The database does not answer in time. Try again in a moment.')),
      seconds * 1_000,
    );
  });
  // Whatever becomes of work that nobody waits for any more, it was answered already.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
