import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  graphql,
  introspect,
  revoke,
  signIn,
  signOut,
  startProduct,
  type RunningProduct,
} from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { group, person, writeDirectory } from './directory-file.js';
import { userToken } from './token-calls.js';

jest.setTimeout(90_000);

const PASSWORD = `right-${randomBytes(9).toString('base64url')}`;
const WRONG_PASSWORD = `wrong-${randomBytes(9).toString('base64url')}`;
const MASTER_KEY = randomBytes(32).toString('base64');

let product: RunningProduct;
let trail: string;
const secrets: string[] = [PASSWORD, WRONG_PASSWORD, MASTER_KEY];

beforeAll(async () => {
  const users = [person('root', { password: PASSWORD }), person('gwen')];
  const env = {
    DIRECTORY_FILE: writeDirectory({ users, groups: [group('wardens', ['root'])] }),
    ADMIN_GROUPS: 'wardens',
    LOG_LEVEL: 'trace',
    MASTER_KEY,
  };
  product = await startProduct({ env });
  const { url } = product;
  const root = await signIn(url, 'root', PASSWORD);
  const [token, gone] = [await userToken(url, root), await userToken(url, root)];
  for (const value of [token.value, gone.value]) secrets.push(value, value.split('.')[2] ?? value);
  secrets.push(root.token, root.token.slice(4));

  await signIn(url, 'root', WRONG_PASSWORD).catch(() => undefined);
  await signIn(url, PASSWORD, 'root').catch(() => undefined); // typed into the wrong line
  await introspect(url, { token: token.value }, gone.value, { client_agent: gone.value });
  await revoke(url, undefined, gone.value);
  await graphql(url, root, 'query ($value: String!) { inspectToken(value: $value) { id } }', {
    value: gone.value,
  });
  // Where people put them by mistake: addresses, headers, names, documents that cannot be read.
  await userToken(url, root, { name: token.value }).catch(() => undefined);
  await graphql(url, root, `{ inspectToken(value: "${token.value}") { nothing } }`);
  await graphql(url, { token: `${token.value}x` }, '{ viewer { expiresAt } }');
  const headers = {
    'x-request-id': token.value,
    'user-agent': root.token,
    authorization: `Bearer ${root.token}`,
  };
  for (const path of [`/oauth2/introspect?token=${token.value}`, `/${token.value}`, `/session?p=${PASSWORD}`])
    await fetch(`${url}${path}`, { headers });
  await fetch(`${url}/graphql`, { method: 'POST', headers, body: `{"query": "${token.value}` });
  trail = JSON.stringify(await auditLines(url, root));
  expect(await signOut(url, root)).toBe(204);
});
afterAll(async () => {
  await product.stop();
});

describe('no token, session, password or key', () => {
  it('is in anything that the product prints, even at LOG_LEVEL trace', () => {
    expect(product.logs()).toContain('"Answered."');
    expect(secrets.filter((secret) => product.logs().includes(secret))).toEqual([]);
  });

  it('is in the audit trail', () => {
    expect(trail).toContain('session.refused');
    expect(secrets.filter((secret) => trail.includes(secret))).toEqual([]);
  });

  it('is in any file of the DATA_DIR: neither the database, nor its journal, nor its log', async () => {
    expect(await product.stop()).toBe(0); // which writes out what was still in memory
    const files = filesIn(product.dataDirectory);
    expect(files.some((path) => path.includes('pg_wal'))).toBe(true);
    const found = files.filter((path) => {
      const content = readFileSync(path);
      return secrets.some((secret) => content.includes(secret));
    });
    expect(found).toEqual([]);
  });
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}
