import { createHash } from 'node:crypto';
import pg from 'pg';
import { CONNECT_TIMEOUT_MILLISECONDS } from './open-database.js';

// Any number will do, as long as it never changes: it tells these advisory locks from all others.
const CLASS = 716_120;
const RECONNECT_MILLISECONDS = 1_000;

/** What this process holds up as long as it lives; `end` when it stops. */
export interface Agreement {
  end(): Promise<void>;
}

/**
 * Holds up what all processes on one database must agree on, for as long as this one lives: a shared lock that goes with
 * its connection, so that nothing of a killed process stands in anybody's way.
 * @param directUrl past a transaction pooler, which would lose the lock
 * @param stance what to agree on, as one text
 * @returns undefined where a living process holds up another stance
 */
export async function agreeOn(directUrl: string, stance: string): Promise<Agreement | undefined> {
  const key = createHash('sha256').update(stance).digest().readInt32BE(0);
  const connection = await connect(directUrl);
  const agreed = await holdUp(connection, key);
  if (!agreed) {
    await connection.end();
    return undefined;
  }
  return new HeldUp(directUrl, key, connection);
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString,
    application_name: 'tokenwarden agreement',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    keepAlive: true,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function holdUp(connection: pg.Client, key: number): Promise<boolean> {
  // Of two that start together with different stances one comes first; the other one sees it.
  await connection.query('BEGIN');
  await connection.query('SELECT pg_advisory_xact_lock($1)', [CLASS]);
  const others = await connection.query(
    `SELECT 1 FROM pg_locks
      WHERE locktype = 'advisory' AND classid = $1 AND objid::bigint <> ($2::bigint & 4294967295) AND granted AND objsubid = 2
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [CLASS, key],
  );
  if (others.rowCount === 0) await connection.query('SELECT pg_advisory_lock_shared($1, $2)', [CLASS, key]);
  await connection.query('COMMIT');
  return others.rowCount === 0;
}

class HeldUp implements Agreement {
  private isEnded = false;

  constructor(
    private readonly directUrl: string,
    private readonly key: number,
    private connection: pg.Client,
  ) {
    this.watch();
  }

  async end(): Promise<void> {
    this.isEnded = true;
    await this.connection.end();
  }

  // The database was away: the stance is held up again as soon as it is back, without asking, for this process serves.
  private watch(): void {
    this.connection.once('end', () => {
      if (!this.isEnded) setTimeout(() => void this.again(), RECONNECT_MILLISECONDS).unref();
    });
  }

  private async again(): Promise<void> {
    if (this.isEnded) return;
    let next: pg.Client | undefined;
    try {
      next = await connect(this.directUrl);
      await next.query('SELECT pg_advisory_lock_shared($1, $2)', [CLASS, this.key]);
      this.connection = next;
      this.watch();
      if (this.isEnded) await next.end();
    } catch {
      await next?.end().catch(() => undefined);
      setTimeout(() => void this.again(), RECONNECT_MILLISECONDS).unref();
    }
  }
}
