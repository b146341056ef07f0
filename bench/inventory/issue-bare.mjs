/** The rows of an issued token by bare pg: BEGIN, the three inserts, COMMIT, on one connection for each client. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { clientsFor } from './issue-clients.mjs';

process.once('message', ({ databaseUrl, users, kid, issuer }) => {
  const connections = [];
  clientsFor(async (number, name, client) => {
    connections[client] ??= await connected(databaseUrl);
    await insertToken(connections[client], { user: users[number % users.length], name, kid, issuer });
  });
  process.send({ ready: {} });
});

async function connected(connectionString) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

async function insertToken(client, { user, name, kid, issuer }) {
  const id = randomUUID();
  const createdAt = new Date(Math.floor(Date.now() / 1_000) * 1_000);
  const expiresAt = new Date(createdAt.getTime() + 86_400_000);
  const createdBy = JSON.stringify({ kind: 'USER', id: user.id, name: user.username });
  const details = {
    kind: 'USER',
    principalId: user.id,
    profile: 'interactive',
    scopes: null,
    audiences: [issuer],
  };
  await client.query('BEGIN');
  await client.query(
    `INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by,
       expires_at, ends_at) VALUES ($1, 'USER', $2, $3, $3, 'interactive', $4, $5, $6, $7, $8, $9, $9)`,
    [id, user.id, name, [issuer], issuer, kid, createdAt, createdBy, expiresAt],
  );
  await client.query(`INSERT INTO changes (kind, subject_ids) VALUES ('token', $1)`, [[id]]);
  await client.query(
    `INSERT INTO audit_pending_events (action, outcome, actor_kind, actor_id, actor_name, target_type, target_id, target_name,
       address, user_agent, request_id, details)
     VALUES ('token.created', 'SUCCEEDED', 'USER', $1, $2, 'token', $3, $4, '127.0.0.1', 'bench', $6, $5)`,
    [
      user.id,
      user.username,
      id,
      name,
      JSON.stringify({ ...details, expiresAt: expiresAt.toISOString() }),
      id,
    ],
  );
  await client.query('COMMIT');
}
