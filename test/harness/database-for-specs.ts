import { afterAll, beforeAll } from '@jest/globals';
import type { Database } from '@tokenwarden/database';
import { freshDatabase, type TestDatabase } from './fresh-database.js';

/** A database that all tests of one file share, open from before the first of them until after the last. */
export class DatabaseForSpecs {
  private fresh: TestDatabase | undefined;
  private opened: Database | undefined;

  /** Its connection string, as a superuser. */
  get url(): string {
    return there(this.fresh).url;
  }

  /** The connections to it. */
  get database(): Database {
    return there(this.opened);
  }

  /** Makes it, with all migrations run, and connects. */
  async open(): Promise<void> {
    this.fresh = await freshDatabase();
    // Loaded here for whom `fresh-database.ts` loads it late, too.
    const { openDatabase } = await import('@tokenwarden/database');
    this.opened = await openDatabase(this.fresh.url);
  }

  /** Gives its connections back and drops it, as far as it was made. */
  async close(): Promise<void> {
    await this.opened?.close();
    await this.fresh?.close();
  }
}

/**
 * Opens a database before all tests of the file that calls this, and closes it after them.
 * @returns What is there from the first `beforeAll` on that is registered after this call
 */
export function databaseForSpecs(): DatabaseForSpecs {
  const fresh = new DatabaseForSpecs();
  beforeAll(() => fresh.open());
  afterAll(() => fresh.close());
  return fresh;
}

function there<T>(made: T | undefined): T {
  if (made === undefined) throw new Error('The database of this file is open in hooks and tests only.');
  return made;
}
