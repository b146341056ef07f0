import { describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { emptyDatabase, freshDatabase } from './index.js';

async function tables(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const found = await client.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
  );
  await client.end();
  return found.rows.map((row) => row.name);
}

describe('an empty database', () => {
  it('has no table', async () => {
    const database = await emptyDatabase();
    expect(await tables(database.url)).toEqual([]);
    await database.close();
  });
});
