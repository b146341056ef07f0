import pg from 'pg';
import { LOCK_TIMEOUT } from './locks.js';
import { sendByName } from './prepared.js';

/** The part of node-postgres' client that its types leave out. */
interface Readiness {
  /** Whether Postgres has answered everything that was sent. */
  readonly readyForQuery: boolean;
}

/** What this pool knows beyond others. */
export interface RestingPoolConfig extends pg.PoolConfig {
  /**
   * Whether its connections are its own, straight to Postgres, not a transaction pooler's: then statements marked by
   * `prepared` keep a name on each, and the server ends what this process may have given up.
   */
  readonly isStraight?: boolean;
}

// A process that is frozen in a transaction must not hold up the others, nor a statement that its process has given up.
const SERVER_SIDE_BOUNDS = `SET statement_timeout = '5s'; SET lock_timeout = '${LOCK_TIMEOUT}';
  SET idle_in_transaction_session_timeout = '8s'`;

/**
 * A pool that takes back connections at rest, and closes all others. A statement that was given up still runs, and the
 * ROLLBACK behind it was given up too: whoever got that connection next would be inside of somebody else's half-done
 * transaction, and commit it with their own.
 */
export class RestingPool extends pg.Pool {
  constructor(config?: RestingPoolConfig) {
    super(config);
    if (config?.isStraight) this.on('connect', bound);
    // Said before the pool looks whether the connection is ending: such a one it does not take back.
    this.on('release', (_, client) => {
      if (!isAtRest(client)) void client.end();
    });
  }
}

function bound(connection: pg.PoolClient): void {
  // Where this fails so does whatever is sent behind it, and tells why.
  connection.query(SERVER_SIDE_BOUNDS).catch(() => undefined);
  sendByName(connection);
}

function isAtRest(client: pg.PoolClient): boolean {
  return (client as pg.PoolClient & Readiness).readyForQuery && client.getTransactionStatus() === 'I';
}
