import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { rows } from '@tokenwarden/database';
import { ensureFirstPolicy } from '@tokenwarden/policy';
import { readSettings } from '@tokenwarden/settings';
import { capTokens, holdAllTokens, revokeMany } from '@tokenwarden/tokens';
import { SYSTEM, wholeSecond } from '@tokenwarden/vocabulary';
import { databaseForSpecs } from '../../../test/harness/index.js';
import { liveTokensNotInForce } from './in-force.js';

const HERE = 'https://tokens.example';
const settings = readSettings({ PUBLIC_URL: HERE, AUDIENCES: 'https://api.example' });

const fresh = databaseForSpecs();
beforeAll(async () => {
  await read(
    `INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from) VALUES ('tokenwarden-k', 'ES256', '{}', '', now())`,
  );
});

describe('the tokens that another PUBLIC_URL or fewer AUDIENCES have ended', () => {
  it('are the live ones of another issuer, and those for no audience in force', async () => {
    await aToken({ issuer: HERE, audiences: ['https://api.example', 'https://gone.example'] });
    expect(await counted()).toBe(0);
    await aToken({ issuer: 'https://before.example', audiences: ['https://api.example'] });
    await aToken({ issuer: HERE, audiences: ['https://gone.example'] });
    expect(await counted()).toBe(2);
  });
  it('are not those that a bulk revocation has hit, before their rows say so', async () => {
    await fresh.database.transaction(async (tx) => {
      await holdAllTokens(tx);
      const selected = { sql: `SELECT id FROM access_tokens WHERE issuer <> $1`, parameters: [HERE] };
      await revokeMany(tx, selected, { by: SYSTEM, reason: null, details: {} });
    });
    expect(await counted()).toBe(1);
  });
  it('are not those that a cap has ended, before their rows say so', async () => {
    await fresh.database.transaction(ensureFirstPolicy);
    await fresh.database.transaction(async (tx) => {
      await holdAllTokens(tx);
      const cap = { enforceFrom: wholeSecond(new Date()), maxima: { interactive: 1 } };
      await capTokens(tx, { by: SYSTEM, reason: null, policyVersion: 1, ...cap });
    });
    expect(await counted()).toBe(0);
  });
});

function read<T>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
  return fresh.database.read((tx) => rows<T>(tx, sql, parameters));
}

function counted(): Promise<number> {
  return fresh.database.read((tx) => liveTokensNotInForce(tx, settings));
}

async function aToken({ issuer, audiences }: { issuer: string; audiences: string[] }): Promise<void> {
  await read(
    `WITH owner AS (INSERT INTO users (id, username, canonical_username, display_name, search_text)
       VALUES ($1::uuid, $1::text, $1::text, 'Grace', 'grace') RETURNING id)
     INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by,
       expires_at, ends_at)
     SELECT $1::uuid, 'USER', id, 'old', 'old', 'interactive', $3, $2, 'tokenwarden-k', '2026-01-01', '{}', '2999-01-01', '2999-01-01' FROM owner`,
    [randomUUID(), issuer, audiences],
  );
}
