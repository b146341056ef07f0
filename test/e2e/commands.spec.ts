import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decodeProtectedHeader, exportJWK } from 'jose';
import {
  freePort,
  graphql,
  newFolder,
  signIn,
  startProduct,
  type RunningProduct,
  type SignedIn,
} from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { npmRun, run } from './command.js';
import { group, person, writeDirectory } from './directory-file.js';
import { isActive, userToken } from './token-calls.js';
import { until } from './waiting.js';

jest.setTimeout(120_000);

describe('a command', () => {
  it('of this product is explained by --help', async () => {
    const help = await run(['node', 'apps/server/cli.mjs', '--help']);
    expect(help).toMatchObject({ exitCode: 0, errors: '' });
    const commands = ['settings', 'hash-password', 'schema', 'migration:run', 'admin-groups:pin'];
    for (const name of [...commands, 'directory:check', 'keys:import', 'tokens:revoke'])
      expect(help.output).toContain(name);
    const one = await npmRun('tokens:revoke', ['--help']);
    expect(one.exitCode).toBe(0);
    expect(one.output).toContain('--reason');
  });

  it.each([
    ['an unknown name', ['node', 'apps/server/cli.mjs', 'tokens:forget'] as const],
    ['a missing argument', ['node', 'apps/server/cli.mjs', 'keys:import'] as const],
    ['a missing reason', ['node', 'apps/server/cli.mjs', 'tokens:revoke', randomUUID()] as const],
  ])('with %s says what would be right, and exits with 1', async (_, words) => {
    const { exitCode, output, errors } = await run(words);
    expect([exitCode, output]).toEqual([1, '']);
    expect(errors).toMatch(/^error: /);
    expect(errors).not.toContain('    at ');
  });

  it('takes its settings as the start does, and lists their mistakes', async () => {
    const env = { PORT: 'x', LOG_LEVEL: 'loud' };
    const { exitCode, errors } = await npmRun('admin-groups:pin', [], { env });
    expect(exitCode).toBe(1);
    for (const name of ['PORT: ', 'LOG_LEVEL: ']) expect(errors).toContain(name);
  });

  it('says where there is no database yet', async () => {
    const env = { DATA_DIR: newFolder('empty') };
    const { exitCode, errors } = await npmRun('tokens:revoke', [randomUUID(), '--reason', 'lost'], { env });
    expect(exitCode).toBe(1);
    expect(errors).toContain('holds no database yet');
    expect(errors).not.toContain('    at ');
  });
});

describe('npm run settings', () => {
  it('prints the reference table and nothing else', async () => {
    const { exitCode, output, errors } = await npmRun('settings');
    expect([exitCode, errors]).toEqual([0, '']);
    expect(output).toMatch(/^\| Setting/);
    for (const name of ['HOST', 'DATABASE_URL', 'MASTER_KEY', 'ADMIN_GROUPS', 'LOG_LEVEL'])
      expect(output).toContain(`\`${name}\``);
  });
});

describe('npm run schema -- --check', () => {
  it('finds nothing stale', async () => {
    expect(await npmRun('schema', ['--check'])).toEqual({ exitCode: 0, output: '', errors: '' });
  });
});

describe('npm run hash-password', () => {
  it('prints the hash and nothing else, and the hash lets its owner in', async () => {
    const password = 'long enough, and ünusual';
    const { exitCode, output, errors } = await npmRun('hash-password', [], { input: `${password}\n` });
    expect([exitCode, errors]).toEqual([0, '']);
    expect(output).toMatch(/^scrypt\$\S+\n$/);
    const passwordHash = output.trim();
    const users = [person('vera', { passwordHash })];
    const env = { DIRECTORY_FILE: writeDirectory({ users, groups: [group('people', ['vera'])] }) };
    const product = await startProduct({ env });
    expect((await signIn(product.url, 'vera', password)).user.username).toBe('vera');
    await expect(signIn(product.url, 'vera', `${password} `)).rejects.toThrow('401');
    await expect(signIn(product.url, 'vera', passwordHash)).rejects.toThrow('401');
    await product.stop();
    expect(product.logs()).not.toContain(password);
  });

  it.each([
    ['nothing', ''],
    ['an empty line', '\n'],
    ['more than a password may have', `${'x'.repeat(1_001)}\n`],
  ])('refuses %s with exit 1 and no output', async (_, input) => {
    const { exitCode, output, errors } = await npmRun('hash-password', [], { input });
    expect([exitCode, output]).toEqual([1, '']);
    expect(errors).not.toContain('    at ');
  });
});

describe('commands beside a running product', () => {
  let product: RunningProduct;
  let env: Record<string, string>;
  let ada: SignedIn;

  beforeAll(async () => {
    const PORT = String(await freePort());
    product = await startProduct({ env: { PORT } });
    env = { PORT, DATA_DIR: product.dataDirectory };
    ada = await signIn(product.url, 'ada');
  });
  afterAll(async () => {
    await product.stop();
  });

  it('tokens:revoke ends a token at once, and the trail says why', async () => {
    const [token, caller] = [await userToken(product.url, ada), await userToken(product.url, ada)];
    expect(await isActive(product.url, { token: caller.value }, token.value)).toBe(true);
    const reason = 'found in a public repository';
    const revoked = await npmRun('tokens:revoke', [token.id, '--reason', reason], { env });
    expect(revoked).toMatchObject({ exitCode: 0, errors: '' });
    expect(revoked.output).toContain(token.id);
    expect(await isActive(product.url, { token: caller.value }, token.value)).toBe(false);
    const seen = await graphql<{ token: unknown }>(
      product.url,
      ada,
      'query ($id: ID!) { token(id: $id) { status revokedReason revokedBy { kind } } }',
      { id: token.id },
    );
    expect(seen.data.token).toEqual({
      status: 'REVOKED',
      revokedReason: reason,
      revokedBy: { kind: 'SYSTEM' },
    });
    const trail = await auditLines(product.url, ada);
    const event = trail.find(({ action, targetId }) => action === 'token.revoked' && targetId === token.id);
    expect(event?.actor.kind).toBe('SYSTEM');

    // Again: it succeeds and records nothing new.
    const again = await npmRun('tokens:revoke', [token.id, '--reason', 'once more'], { env });
    expect(again.exitCode).toBe(0);
    const after = await auditLines(product.url, ada);
    expect(
      after.filter(({ targetId, action }) => targetId === token.id && action === 'token.revoked'),
    ).toHaveLength(1);
  });

  it.each([
    ['an id that nothing has', randomUUID()],
    ['an id in capitals', randomUUID().toUpperCase()],
    ['no id at all', 'notebook'],
  ])('tokens:revoke of %s exits with 1 and a sentence', async (_, id) => {
    const { exitCode, output, errors } = await npmRun('tokens:revoke', [id, '--reason', 'lost'], { env });
    expect([exitCode, output]).toEqual([1, '']);
    expect(errors.trim().split('\n')).toHaveLength(1);
    expect(errors).not.toContain('    at ');
  });

  it('tokens:revoke wants a reason that can be read', async () => {
    const token = await userToken(product.url, ada);
    const { exitCode } = await npmRun('tokens:revoke', [token.id, '--reason', '  '], { env });
    expect(exitCode).toBe(1);
    expect(await isActive(product.url, { token: token.value }, token.value)).toBe(true);
  });

  it('admin-groups:pin says which group is pinned, again and again', async () => {
    const first = await npmRun('admin-groups:pin', [], { env });
    expect(first).toMatchObject({ exitCode: 0, errors: '' });
    expect(first.output).toMatch(/^platform-admins is the group [0-9a-f-]{36}\.\n$/);
    expect((await npmRun('admin-groups:pin', [], { env })).output).toBe(first.output);
    expect((await signInAndLook(product.url, 'ada')).includes('*:*')).toBe(true);
  });

  it('keys:import makes the next signing key: the running instance learns it, old tokens go on', async () => {
    const before = await userToken(product.url, ada);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const file = join(newFolder('key'), 'key.json');
    writeFileSync(file, JSON.stringify(await exportJWK(privateKey)), { mode: 0o600 });
    const imported = await npmRun('keys:import', [file], { env });
    expect(imported).toMatchObject({ exitCode: 0, errors: '' });
    const kid = /tokenwarden-[a-z0-9-]+/.exec(imported.output)?.[0] ?? 'none';
    await until(async () => (await publishedKids(product.url)).includes(kid), { seconds: 10 });

    expect(await isActive(product.url, { token: before.value }, before.value)).toBe(true);
    const after = await userToken(product.url, ada);
    const signers = [before, after].map(({ value }) => decodeProtectedHeader(value).kid);
    expect(await publishedKids(product.url)).toEqual(expect.arrayContaining(signers));
    expect(await isActive(product.url, { token: after.value }, after.value)).toBe(true);
    expect(JSON.stringify(await auditLines(product.url, ada))).toContain('signing-key.imported');
    const secret = (await exportJWK(privateKey)).d ?? '';
    expect(product.logs()).not.toContain(secret);
    expect(JSON.stringify(await auditLines(product.url, ada))).not.toContain(secret);
  });

  it.each([
    ['no file', undefined],
    ['no JSON', 'not a key'],
    ['a public key', '{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}'],
    ['a key that cannot sign here', '{"kty":"oct","k":"AAAA"}'],
  ])('keys:import of %s exits with 1 and a sentence, and publishes nothing', async (_, content) => {
    const file = join(newFolder('key'), 'key.json');
    if (content !== undefined) writeFileSync(file, content);
    const before = await publishedKids(product.url);
    const { exitCode, output, errors } = await npmRun('keys:import', [file], { env });
    expect([exitCode, output]).toEqual([1, '']);
    expect(errors).not.toContain('    at ');
    expect(await publishedKids(product.url)).toEqual(before);
  });

  it('tokens:revoke works while the product is stopped, too', async () => {
    const token = await userToken(product.url, ada);
    expect(await product.stop()).toBe(0);
    const revoked = await npmRun('tokens:revoke', [token.id, '--reason', 'nobody can sign in'], { env });
    expect(revoked).toMatchObject({ exitCode: 0, errors: '' });
    product = await startProduct({ env: { PORT: env['PORT'] ?? '' }, dataDirectory: product.dataDirectory });
    const caller = await userToken(product.url, ada);
    expect(await isActive(product.url, { token: caller.value }, token.value)).toBe(false);
    expect(await isActive(product.url, { token: caller.value }, caller.value)).toBe(true);
  });
});

async function publishedKids(url: string): Promise<string[]> {
  const answer = await fetch(`${url}/.well-known/jwks.json`);
  return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

async function signInAndLook(url: string, username: string): Promise<string[]> {
  const session = await signIn(url, username);
  const seen = await graphql<{ viewer: { permissions: string[] } }>(
    url,
    session,
    '{ viewer { permissions } }',
  );
  return seen.data.viewer.permissions;
}
