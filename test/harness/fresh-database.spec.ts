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

describe('a fresh database', () => {
  it('has every table, and is nobody else’s', async () => {
    const [one, other] = await Promise.all([freshDatabase(), freshDatabase()]);
    expect(one.url).not.toBe(other.url);
    expect(await tables(one.url)).toEqual(expect.arrayContaining(['access_tokens', 'migrations']));
    await Promise.all([one.close(), other.close()]);
  });

  it('is gone when it is closed, whoever is still connected', async () => {
    const database = await freshDatabase();
    const guest = new Client({ connectionString: database.url });
    const cut = new Promise((resolve) => guest.on('error', resolve)); // heard more than once
    await guest.connect();
    await database.close();
    await cut;
    await expect(tables(database.url)).rejects.toThrow('does not exist');
  });
});

describe('an empty database', () => {
  it('has no table', async () => {
    const database = await emptyDatabase();
    expect(await tables(database.url)).toEqual([]);
    await database.close();
  });
});
