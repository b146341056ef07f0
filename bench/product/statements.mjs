/** The statements that the product sends for a request, as Postgres logs them: what a bare server is to send, too. */
import { open, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

const MARK = 'tokenwarden-bench';
const SETTLED_AFTER_MILLISECONDS = 700;
const ATTEMPTS = 10;

/**
 * What the product asks of Postgres while `work` runs. What it does by itself now and then (the sequencer, the tick of the
 * directory) is told apart by asking twice: only what both runs have is of the request.
 * @param {import('./product.mjs').Product} product Running, with nobody else asking
 * @param {() => Promise<void>} work One request
 * @returns {Promise<{sql: string, parameters: (string | null)[]}[]>} In their order
 */
export async function statementsOf(product, work) {
  const client = new pg.Client({ connectionString: product.databaseUrl });
  await client.connect();
  try {
    await logEverything(client);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const [first, second] = [await during(product, work), await during(product, work)];
      if (sameSql(first, second)) return first;
    }
    throw new Error('The statements of one request were never the same twice.');
  } finally {
    await reset(client);
    await client.end();
  }
}

// The embedded Postgres keeps statements out of its log by its command line; only what is set for a role stands above that,
// and holds for new connections.
const FOR_ROLE = { log_statement: 'all', log_error_verbosity: 'default' };

async function logEverything(client) {
  for (const [setting, value] of Object.entries(FOR_ROLE))
    await client.query(`ALTER ROLE CURRENT_USER SET ${setting} = '${value}'`);
  await client.query(`ALTER SYSTEM SET log_line_prefix = '${MARK}|%p|'`);
  await reconnectAll(client);
}

async function reset(client) {
  for (const setting of Object.keys(FOR_ROLE)) await client.query(`ALTER ROLE CURRENT_USER RESET ${setting}`);
  await client.query('ALTER SYSTEM RESET log_line_prefix');
  await reconnectAll(client);
}

async function reconnectAll(client) {
  await client.query('SELECT pg_reload_conf()');
  // Not the connection that holds up what processes agree on: it must not be lost.
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity a WHERE usename = CURRENT_USER AND pid <> pg_backend_pid()
       AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory')`,
  );
  await pause(SETTLED_AFTER_MILLISECONDS);
}

function sameSql(first, second) {
  return first.length === second.length && first.every(({ sql }, i) => sql === second[i].sql);
}

async function during(product, work) {
  const { size } = await stat(product.postgresLog);
  await work();
  await pause(SETTLED_AFTER_MILLISECONDS / 10);
  return statementsIn(await textFrom(product.postgresLog, size));
}

async function textFrom(path, position) {
  const file = await open(path);
  try {
    const length = (await file.stat()).size - position;
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}

/**
 * The statements of a log whose lines begin with our prefix; a statement's further lines begin with a tab.
 * @param {string} log Text of Postgres' log
 * @returns {{sql: string, parameters: (string | null)[]}[]} Without those that every product asks once in a while
 */
export function statementsIn(log) {
  const [, ...parts] = log.split(new RegExp(`^${MARK}\\|(\\d+)\\|`, 'm'));
  const statements = [];
  const lastOf = new Map();
  for (let i = 0; i < parts.length; i += 2) {
    const [process, entry] = [parts[i], parts[i + 1].replaceAll('\n\t', '\n')];
    const statement = /^LOG: {2}(?:execute [^:]*|statement): ([\s\S]*)$/.exec(entry);
    if (statement) {
      const one = { sql: statement[1].trim(), parameters: [] };
      statements.push(one);
      lastOf.set(process, one);
    }
    const detail = /^DETAIL: {2}Parameters: ([\s\S]*)$/i.exec(entry);
    if (detail && lastOf.has(process)) lastOf.get(process).parameters = parametersIn(detail[1]);
  }
  return statements.filter(({ sql }) => !TICKING.test(sql));
}

const TICKING = /FROM audit_pending_events|FROM signing_keys/;

function parametersIn(text) {
  const parameters = [];
  for (const [, quoted] of text.matchAll(/\$\d+ = (?:NULL|'((?:[^']|'')*)')/g)) {
    parameters.push(quoted === undefined ? null : quoted.replaceAll("''", "'"));
  }
  return parameters;
}
