import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { EntityManager } from 'typeorm';
import { Loaders } from '@tokenwarden/api';
import { openDatabase, type Database } from '@tokenwarden/database';
import type { Caller } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { SAMPLE_SETTINGS, sessionOf, StoredSamples } from '../../test/stored-samples.js';
import { TokenOperationsService } from '../token-operations/token-operations.service.js';
import { TokenViews } from './token-views.js';

let server: TestDatabase;
let database: Database;
let stranger: Caller;
const hidden = { user: '', account: '' };

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  const samples = new StoredSamples(database);
  await samples.signingKey();
  stranger = sessionOf(await samples.user('edsger'));
  hidden.user = await samples.tokenOfUser(await samples.user('grace'));
  hidden.account = await samples.tokenOfAccount(await samples.account('etl', [await samples.group()]));
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await database.close();
  await server.close();
});

/** How many statements an attempt takes that is answered as if there was nothing. */
async function statementsOf(attempt: () => Promise<unknown>): Promise<number> {
  const sent = jest.spyOn(EntityManager.prototype, 'query');
  const answer = await attempt().catch((problem: unknown) => problem);
  const { length } = sent.mock.calls;
  sent.mockRestore();
  expect(answer === null || (answer as { code?: string }).code === 'NOT_FOUND').toBe(true);
  return length;
}

const operations = () => new TokenOperationsService(database);
const attempts: [string, (id: string) => Promise<unknown>][] = [
  ['looking', (id) => new TokenViews(database, SAMPLE_SETTINGS).visibleToken(stranger, id, new Loaders())],
  ['renaming', (id) => operations().update(stranger, { id, name: 'mine' })],
  ['revoking', (id) => operations().revoke(stranger, { id })],
  ['suspending', (id) => operations().suspend(stranger, { id })],
  ['resuming', (id) => operations().resume(stranger, { id })],
];

describe('a token that the caller does not see asks as much of the database as one that is not there', () => {
  it.each(attempts)('at %s', async (_, attempt) => {
    const unknown = await statementsOf(() => attempt(randomUUID()));
    expect(unknown).toBeGreaterThan(1);
    expect(await statementsOf(() => attempt(hidden.user))).toBe(unknown);
    expect(await statementsOf(() => attempt(hidden.account))).toBe(unknown);
  });
});
