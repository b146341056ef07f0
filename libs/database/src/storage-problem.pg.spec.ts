import { describe, expect, it } from '@jest/globals';
import { databaseForSpecs } from '../../../test/harness/index.js';
import { databaseNow, rows, type Transaction } from './index.js';
import { storageProblem } from './storage-problem.js';

const fresh = databaseForSpecs();

/** Ends the connection of the transaction while it waits for nothing, and returns when this process was told. */
async function endConnectionOf(tx: Transaction): Promise<void> {
  const [mine] = await rows<{ pid: number }>(tx, 'SELECT pg_backend_pid() AS pid');
  await fresh.database.read((other) => rows(other, 'SELECT pg_terminate_backend($1)', [mine?.pid]));
  while (!tx.queryRunner?.isReleased) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('a connection that ends between two statements of a transaction', () => {
  it('is UNAVAILABLE at the next one', async () => {
    const failed = fresh.database.transaction(async (tx) => {
      await endConnectionOf(tx);
      await databaseNow(tx);
    });
    await expect(failed).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
  it('is UNAVAILABLE at the commit', async () => {
    await expect(fresh.database.transaction(endConnectionOf)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
  it('is no trouble for the transaction after it', async () =>
    expect(await fresh.database.transaction(databaseNow)).toBeInstanceOf(Date));
});

describe('what is no trouble of the database', () => {
  it.each([new Error('nonsense'), 'Connection terminated', undefined])('is none: %s', (thrown) =>
    expect(storageProblem(thrown)).toBeUndefined(),
  );
});
