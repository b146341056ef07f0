import pg from 'pg';
import { sendByName } from './prepared.js';

/** The part of node-postgres' client that its types leave out. */
interface Readiness {
  /** Whether Postgres has answered everything that was sent. */
  readonly readyForQuery: boolean;
}

/** What this pool knows beyond others. */
export interface RestingPoolConfig extends pg.PoolConfig {
  /** Whether statements marked by `prepared` keep a name on each connection: not behind a transaction pooler. */
  readonly keepsPlans?: boolean;
}

/**
 * A pool that takes back connections at rest, and closes all others. A statement that was given up still runs, and the
 * ROLLBACK behind it was given up too: whoever got that connection next would be inside of somebody else's half-done
 * transaction, and commit it with their own.
 */
export class RestingPool extends pg.Pool {
  constructor(config?: RestingPoolConfig) {
    super(config);
    if (config?.keepsPlans) this.on('connect', sendByName);
    // Said before the pool looks whether the connection is ending: such a one it does not take back.
    this.on('release', (_, client) => {
      if (!isAtRest(client)) void client.end();
    });
  }
}

function isAtRest(client: pg.PoolClient): boolean {
  return (client as pg.PoolClient & Readiness).readyForQuery && client.getTransactionStatus() === 'I';
}
