/** The page of fifty tokens as a bare Fastify JSON route: the product's own statements on a pool of its own, nothing else. */
import fastify from 'fastify';
import pg from 'pg';

const POOL = 10; // as many connections as the product has
const TOKEN_FIELDS =
  'id name description kind status profile scopes audiences createdAt expiresAt endsAt revokedAt';
const NAMES = TOKEN_FIELDS.split(' ');

process.once('message', ({ databaseUrl, statements }) => {
  serve(databaseUrl, statements).then(
    (url) => process.send({ ready: { url } }),
    (error) => process.send({ error: error.message }),
  );
});

async function serve(databaseUrl, statements) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL });
  pool.on('error', () => process.exit(1)); // the database is gone, and so is the benchmark
  const steps = await stepsOf(pool, statements);
  const server = fastify({ logger: false });
  server.get('/', () => page(pool, steps));
  return server.listen({ host: '127.0.0.1', port: 0 });
}

async function page(pool, steps) {
  let tokens = [];
  let users = new Map();
  let groups = new Map();
  for (const { sql, parameters, asksFor, gives } of steps) {
    const given = parameters.map((parameter, i) => (i === asksFor ? ownersOf(tokens) : parameter));
    const { rows } = await pool.query(sql, given);
    if (gives === 'tokens') tokens = rows;
    if (gives === 'users') users = new Map(rows.map((user) => [user.id, user]));
    if (gives === 'groups')
      groups = Map.groupBy ? Map.groupBy(rows, (row) => row.userId) : groupedByUser(rows);
  }
  const shown = tokens.slice(0, -1); // one more is fetched, to know whether the list goes on
  return {
    nodes: shown.map((token) => nodeOf(token, users.get(token.userId), groups.get(token.userId) ?? [])),
  };
}

function nodeOf(token, owner, groups) {
  const node = {};
  for (const name of NAMES) node[name] = name === 'status' ? statusOf(token) : token[name];
  node.owner = { username: owner.username, groups: groups.map(({ name }) => ({ name })) };
  return node;
}

function statusOf({ revokedAt, endsAt, suspendedAt, now }) {
  if (revokedAt !== null) return 'REVOKED';
  if (endsAt <= now) return 'EXPIRED';
  return suspendedAt === null ? 'ACTIVE' : 'SUSPENDED';
}

function ownersOf(tokens) {
  return [...new Set(tokens.slice(0, -1).map((token) => token.userId))];
}

function groupedByUser(rows) {
  const grouped = new Map();
  for (const row of rows) {
    const list = grouped.get(row.userId);
    if (list) list.push(row);
    else grouped.set(row.userId, [row]);
  }
  return grouped;
}

/** What each statement gives, by its columns, and which parameter is the list of owners, by its value. */
async function stepsOf(pool, statements) {
  let tokens = [];
  const steps = [];
  for (const { sql, parameters } of statements) {
    const { fields, rows } = await pool.query(sql, parameters);
    const names = new Set(fields.map(({ name }) => name));
    const gives = names.has('endsAt')
      ? 'tokens'
      : names.has('canonicalUsername')
        ? 'users'
        : names.has('userId') && names.has('name')
          ? 'groups'
          : 'nothing';
    if (gives === 'tokens') tokens = rows;
    const owners = new Set(ownersOf(tokens));
    const asksFor = parameters.findIndex((one) => one !== null && sameSet(listIn(one), owners));
    steps.push({ sql, parameters, gives, asksFor });
  }
  return steps;
}

function listIn(parameter) {
  return /^\{.*\}$/s.test(parameter) ? parameter.slice(1, -1).replaceAll('"', '').split(',') : [];
}

function sameSet(list, set) {
  return set.size > 0 && list.length === set.size && list.every((one) => set.has(one));
}
