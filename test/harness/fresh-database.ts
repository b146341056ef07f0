import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** A database that belongs to one test alone. */
export interface TestDatabase {
  /** Its connection string, as a superuser. */
  readonly url: string;
  /** Drops it, cutting the connections that are still open. */
  close(): Promise<void>;
}

const TEMPLATE = 'tokenwarden_template';
const UNFINISHED = 'tokenwarden_template_unfinished';

/**
 * A copy of a database on which all migrations have run; the first caller of a test run makes that template.
 * @returns Its URL and how to drop it
 */
export async function freshDatabase(): Promise<TestDatabase> {
  return await newDatabase(async (server) => {
    await makeTemplate(server);
    return TEMPLATE;
  });
}

/**
 * A database with nothing in it, for tests of the migrations and of the product's start.
 * @returns Its URL and how to drop it
 */
export async function emptyDatabase(): Promise<TestDatabase> {
  return await newDatabase(() => Promise.resolve('template0'));
}

async function newDatabase(template: (server: Client) => Promise<string>): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await withServer(async (server) => {
    // Workers make the template, and copy it, one after the other: a template in use cannot be copied.
    await server.query("SELECT pg_advisory_lock(hashtextextended('tokenwarden tests: template', 0))");
    const source = await template(server);
    await server.query(`CREATE DATABASE ${name} TEMPLATE ${source} STRATEGY FILE_COPY`);
  });
  return {
    url: urlOf(name),
    close: () =>
      withServer(async (server) => {
        await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

async function makeTemplate(server: Client): Promise<void> {
  const found = await server.query('SELECT 1 FROM pg_database WHERE datname = $1', [TEMPLATE]);
  if (found.rowCount !== 0) return;
  await server.query(`DROP DATABASE IF EXISTS ${UNFINISHED} WITH (FORCE)`);
  await server.query(`CREATE DATABASE ${UNFINISHED} TEMPLATE template0`);
  // Loaded here and not above: end-to-end tests import this file too, and they know the product from outside only.
  const { migrate } = await import('@tokenwarden/database');
  await migrate(urlOf(UNFINISHED));
  await server.query(`ALTER DATABASE ${UNFINISHED} RENAME TO ${TEMPLATE}`);
}

async function withServer<T>(work: (server: Client) => Promise<T>): Promise<T> {
  const server = new Client({ connectionString: serverUrl() });
  await server.connect();
  try {
    return await work(server);
  } finally {
    await server.end(); // which also gives the lock back
  }
}

function urlOf(database: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${database}`;
  return url.href;
}

function serverUrl(): string {
  const url = process.env['TEST_POSTGRES_URL'];
  if (!url)
    throw new Error(
      'No Postgres runs for the tests: jest.config.mjs must name test/harness/global-setup.mjs.',
    );
  return url;
}
