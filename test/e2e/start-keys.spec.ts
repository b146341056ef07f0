import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  emptyDatabase,
  freePort,
  newFolder,
  signIn,
  startProduct,
  startRefused,
  type TestDatabase,
} from '../harness/index.js';
import { group, person, writeDirectory } from './directory-file.js';
import { isActive, userToken, type Issued } from './token-calls.js';

jest.setTimeout(90_000);

const masterKey = randomBytes(32).toString('base64');
const issuer = 'https://tokens.example.org';

let database: TestDatabase;
let env: Record<string, string>;
let token: Issued;
let keys: string;

beforeAll(async () => {
  database = await emptyDatabase();
  env = {
    DATABASE_URL: database.url,
    MASTER_KEY: masterKey,
    DIRECTORY_FILE: writeDirectory({ users: [person('root')], groups: [group('wardens', ['root'])] }),
    ADMIN_GROUPS: 'wardens',
    PUBLIC_URL: issuer,
  };
  const first = await startProduct({ env });
  token = await userToken(first.url, await signIn(first.url, 'root', 'root-secret'));
  keys = await publishedKeys(first.url);
  await first.stop();
});

afterAll(async () => {
  await database.close();
});

describe('a start with another MASTER_KEY', () => {
  it('is stopped by a plain sentence that does not hold the key', async () => {
    const wrong = randomBytes(32).toString('base64');
    const { exitCode, logs } = await startRefused({ env: { ...env, MASTER_KEY: wrong } });
    expect(exitCode).toBe(1);
    expect(logs).toContain('MASTER_KEY');
    expect(logs).not.toContain('    at ');
    for (const secret of [wrong, masterKey]) expect(logs).not.toContain(secret);
  });

  it('has made no key: with the right one the old tokens go on', async () => {
    const again = await startProduct({ env });
    expect(await publishedKeys(again.url)).toBe(keys);
    expect(await isActive(again.url, { token: token.value }, token.value)).toBe(true);
    await again.stop();
  });

  it('takes the right one from MASTER_KEY_FILE too', async () => {
    const path = join(newFolder('secret'), 'master-key');
    writeFileSync(path, `${masterKey}\n`, { mode: 0o600 });
    const { MASTER_KEY, ...rest } = env;
    expect(MASTER_KEY).toBe(masterKey);
    const again = await startProduct({ env: { ...rest, MASTER_KEY_FILE: path } });
    expect(await publishedKeys(again.url)).toBe(keys);
    await again.stop();
  });
});

describe('a start with another PUBLIC_URL', () => {
  it('says in one line how many live tokens that ends, and starts', async () => {
    const moved = await startProduct({ env: { ...env, PUBLIC_URL: 'https://moved.example.org' } });
    const lines = moved.logs().split('\n');
    expect(lines.filter((line) => /\b1 live token/.test(line) && line.includes('PUBLIC_URL'))).toHaveLength(
      1,
    );
    const root = await signIn(moved.url, 'root', 'root-secret');
    const mine = await userToken(moved.url, root);
    expect(await isActive(moved.url, { token: mine.value }, token.value)).toBe(false);
    await moved.stop();
    const back = await startProduct({ env });
    expect(await isActive(back.url, { token: token.value }, token.value)).toBe(true);
    await back.stop();
  });
});

describe('an embedded start whose master key is gone', () => {
  it('is stopped by a plain sentence, makes no new key, and goes on when it is put back', async () => {
    const product = await startProduct({ env: { PORT: String(await freePort()) } });
    const options = { env: { PORT: new URL(product.url).port }, dataDirectory: product.dataDirectory };
    const path = join(product.dataDirectory, 'master.key');
    const ada = await signIn(product.url, 'ada');
    const mine = await userToken(product.url, ada);
    await product.stop();
    const kept = readFileSync(path, 'utf8');

    rmSync(path);
    const refused = await startRefused(options);
    expect(refused.exitCode).toBe(1);
    expect(refused.logs).toContain(path);
    expect(refused.logs).not.toContain('    at ');
    expect(existsSync(path)).toBe(false);

    writeFileSync(path, `${randomBytes(32).toString('base64')}\n`);
    expect((await startRefused(options)).exitCode).toBe(1);

    writeFileSync(path, kept);
    const again = await startProduct(options);
    expect(await isActive(again.url, { token: mine.value }, mine.value)).toBe(true);
    await again.stop();
  });
});

async function publishedKeys(url: string): Promise<string> {
  return await (await fetch(`${url}/.well-known/jwks.json`)).text();
}
