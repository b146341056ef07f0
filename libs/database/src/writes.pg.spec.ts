import { beforeAll, describe, expect, it } from '@jest/globals';
import { databaseForSpecs } from '../../../test/harness/index.js';
import { changeOf, rows, writeTogether, type Transaction } from './index.js';

const fresh = databaseForSpecs();
beforeAll(async () => {
  await fresh.database.read((tx) => rows(tx, 'CREATE TABLE notes (id integer PRIMARY KEY, words text[])'));
});

const note = (id: number, ...words: string[]) => ({
  sql: 'INSERT INTO notes (words, id) VALUES ($2, $1)',
  parameters: [id, words],
});
const ID = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01';

describe('writes that are made together', () => {
  it('are made by one statement, each with its own parameters', async () => {
    let statements = 0;
    await fresh.database.transaction(async (tx) => {
      const send = tx.query.bind(tx);
      tx.query = (sql: string, parameters?: unknown[]) => {
        statements += 1;
        return send(sql, parameters);
      };
      await writeTogether(tx, [note(1, 'a', '$1'), changeOf('token', [ID])]);
    });
    expect(statements).toBe(1);
    const read = (sql: string) => fresh.database.read((tx: Transaction) => rows(tx, sql));
    expect(await read('SELECT * FROM notes')).toEqual([{ id: 1, words: ['a', '$1'] }]);
    expect(await read('SELECT kind, subject_ids FROM changes')).toEqual([
      { kind: 'token', subject_ids: [ID] },
    ]);
  });
  it('are made all or none', async () => {
    const twice = fresh.database.read((tx) => writeTogether(tx, [changeOf('user', [ID]), note(1)]));
    await expect(twice).rejects.toThrow('duplicate key');
    expect(await fresh.database.read((tx) => rows(tx, `SELECT FROM changes WHERE kind = 'user'`))).toEqual(
      [],
    );
  });
  it('may be one, or none at all', async () => {
    await fresh.database.read((tx) => writeTogether(tx, []));
    await fresh.database.read((tx) => writeTogether(tx, [note(2)]));
    expect(await fresh.database.read((tx) => rows(tx, 'SELECT id FROM notes ORDER BY id'))).toHaveLength(2);
  });
});
