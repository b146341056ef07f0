import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { rows } from '@tokenwarden/database';
import { databaseForSpecs } from '../../../../test/harness/index.js';
import { revokeTokenCommand } from './revoke-token.command.js';

const fresh = databaseForSpecs();

describe('ending a token when nobody can sign in', () => {
  const before = process.env;
  beforeEach(() => {
    process.env = { DATABASE_URL: fresh.url }; // no MASTER_KEY, no DIRECTORY_FILE, no HOST that would do
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    process.env = before;
    jest.restoreAllMocks();
  });

  it('needs only the database, and leaves its event by SYSTEM', async () => {
    const id = await aToken();
    await revokeTokenCommand(id, { reason: 'found in a paste' });
    expect(await read('SELECT revoked_reason AS reason FROM access_tokens WHERE id = $1', [id])).toEqual([
      { reason: 'found in a paste' },
    ]);
    expect(
      await read(
        'SELECT action, actor_kind AS kind, details FROM audit_pending_events WHERE target_id = $1',
        [id],
      ),
    ).toEqual([{ action: 'token.revoked', kind: 'SYSTEM', details: { reason: 'found in a paste' } }]);
    expect(await read('SELECT kind FROM changes WHERE $1::uuid = ANY (subject_ids)', [id])).toEqual([
      { kind: 'token' },
    ]);
  });
  it.each([randomUUID(), 'no id at all'])('says so where there is no token %s', (id) =>
    expect(revokeTokenCommand(id, { reason: 'x' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/^There is no token with this id\./),
    }),
  );
  it('is refused without a reason that says something', () =>
    expect(revokeTokenCommand(randomUUID(), { reason: ' ' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field: 'reason',
    }));
});

function read(sql: string, parameters: readonly unknown[]): Promise<unknown[]> {
  return fresh.database.read((tx) => rows(tx, sql, parameters));
}

async function aToken(): Promise<string> {
  const id = randomUUID();
  await read(
    `WITH owner AS (INSERT INTO users (id, username, canonical_username, display_name, search_text)
       VALUES ($1, 'grace', 'grace', 'Grace', 'grace') RETURNING id),
     key AS (INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from)
       VALUES ('tokenwarden-sample', 'ES256', '{}', '', now()) RETURNING kid)
     INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by,
       expires_at, ends_at)
     SELECT $2, 'USER', owner.id, 'lost', 'lost', 'interactive', '{here}', 'here', key.kid, '2026-01-01', '{}', '2999-01-01', '2999-01-01'
     FROM owner, key`,
    [randomUUID(), id],
  );
  return id;
}
