import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { DataSource } from 'typeorm';
import { Database } from './database.js';
import { migrations } from './migrations/index.js';
import { RestingPool } from './resting-pool.js';

/** How one process reaches Postgres. */
export interface DatabaseOptions {
  /** postgres:// URL. */
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** Whether `url` leads to a transaction pooler: then nothing is set or kept on a connection. */
  readonly isPooled?: boolean;
  /** Most connections at once; further work waits `CONNECT_TIMEOUT_MILLISECONDS` for one. */
  readonly poolSize?: number;
  /** TypeORM's entities; none are needed for plain SQL. */
  readonly entities?: DataSourceOptions['entities'];
  /** Told of connections that died while idle: without a listener they would end the process. */
  readonly onIdleConnectionError?: (error: Error) => void;
}

/** How long a request waits for a connection or for a statement before it is answered UNAVAILABLE. */
export const CONNECT_TIMEOUT_MILLISECONDS = 3_000;
const STATEMENT_TIMEOUT_MILLISECONDS = 4_500;

/** What TypeORM is told: migrations by hand, never `synchronize`, every wait bounded, an undefined in a `where` throws. */
export function dataSourceOptions(options: DatabaseOptions): DataSourceOptions {
  return {
    type: 'postgres',
    driver: { ...pg, Pool: RestingPool },
    url: options.url,
    applicationName: options.applicationName ?? 'tokenwarden',
    entities: options.entities ?? [],
    migrations,
    migrationsTableName: 'migrations',
    synchronize: false,
    logging: false,
    installExtensions: false,
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    poolErrorHandler: options.onIdleConnectionError ?? (() => undefined),
    extra: {
      max: options.poolSize ?? 10,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
      query_timeout: STATEMENT_TIMEOUT_MILLISECONDS + 500,
      keepAlive: true,
      isStraight: options.isPooled !== true,
    },
  };
}

/** Connects without Nest: for commands and for specs. The caller closes it. */
export async function openDatabase(
  url: string,
  options: Omit<DatabaseOptions, 'url'> = {},
): Promise<Database> {
  const dataSource = new DataSource(dataSourceOptions({ url, ...options }));
  await dataSource.initialize();
  return new Database(dataSource);
}
