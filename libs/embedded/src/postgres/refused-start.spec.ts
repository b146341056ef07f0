import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { compileRoom, type CompiledRoom } from '../../test/compiled-room.js';
import { NOBODY, startProduct, valueOf } from '../../test/started-product.js';
import { identityOf, isAlive, killAndAwait, processesIn } from '../processes.js';

jest.setTimeout(120_000); // starts real servers, on a machine that may be busy

const isRoot = process.getuid?.() === 0;
const rootOnly = isRoot ? it : undefined; // only root can become somebody else

/** One DATA_DIR that once held a running product, damaged in one way for each case and mended after it. */
describe('a start on what is there', () => {
  let room: CompiledRoom;
  let dataDir: string;
  const inPostgres = (name: string) => join(dataDir, 'postgres', name);
  const refusal = async (user = {}) => {
    const product = await startProduct(room.program, 'start', dataDir, user);
    await product.end('SIGTERM');
    expect(await processesIn(inPostgres('data'), 'postgres')).toEqual([]);
    return product.outcome.refused;
  };

  beforeAll(async () => {
    room = compileRoom();
    dataDir = mkdtempSync(join(tmpdir(), 'tokenwarden-refused-'));
    if (isRoot) chmodSync(dataDir, 0o755);
    await (await startProduct(room.program, 'start', dataDir)).end('SIGTERM');
  });
  afterAll(async () => {
    for (const pid of await processesIn(inPostgres('data'), 'postgres')) await killAndAwait(pid);
    room.remove();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const without = async (path: string, check: () => Promise<void>) => {
    const kept = readFileSync(path);
    rmSync(path);
    await check();
    writeFileSync(path, kept, { mode: 0o600 });
  };

  it('is refused without the master key of the database, and makes none', () =>
    without(join(dataDir, 'master.key'), async () => {
      expect(await refusal()).toMatch(/^CannotStartError: .*master\.key is missing/);
      expect(() => readFileSync(join(dataDir, 'master.key'))).toThrow('ENOENT');
    }));

  it('is refused without the password of the database', () =>
    without(inPostgres('password'), async () => {
      expect(await refusal()).toMatch(/^CannotStartError: .*postgres\/password is missing/);
    }));

  it('is refused on a database of another major version, naming both', async () => {
    const path = inPostgres('data/PG_VERSION');
    const kept = readFileSync(path, 'utf8');
    writeFileSync(path, '12\n');
    expect(await refusal()).toMatch(
      /^CannotStartError: .* is of Postgres 12, and the embedded Postgres is \d+:/,
    );
    writeFileSync(path, kept);
  });

  it('is refused in the words of Postgres when that does not start', async () => {
    const path = inPostgres('data/global/pg_control');
    const kept = readFileSync(path);
    writeFileSync(path, 'nonsense');
    expect(await refusal()).toMatch(
      /^CannotStartError: The embedded Postgres does not start: .*postgres\/log/,
    );
    writeFileSync(path, kept);
  });

  rootOnly?.('is refused to a user who may not write DATA_DIR, in one line', async () => {
    const said = await refusal(NOBODY);
    expect(said).toMatch(
      /^CannotStartError: DATA_DIR .* cannot be used by uid 65534 \(EACCES\): name a folder/,
    );
  });

  rootOnly?.('is refused to a user whom the database does not belong to', async () => {
    const clusterOwner = process.getuid?.() ?? 0;
    mkdirSync(join(dataDir, 'other/postgres/data'), { recursive: true });
    writeFileSync(join(dataDir, 'other/master.key'), Buffer.alloc(32).toString('base64'));
    for (const name of ['other', 'other/postgres', 'other/master.key']) {
      chownSync(join(dataDir, name), NOBODY.uid, NOBODY.gid);
    }
    const product = await startProduct(room.program, 'start', join(dataDir, 'other'), NOBODY);
    expect(product.outcome.refused).toContain(`belongs to uid ${clusterOwner}, not to uid 65534`);
  });

  it('is not disturbed by a stranger to whom the pid of the dead server was given', async () => {
    const pidFile = [process.pid, inPostgres('data'), 1, 1, '', '127.0.0.1', '  1 1', 'ready   ', ''].join(
      '\n',
    );
    writeFileSync(inPostgres('data/postmaster.pid'), pidFile);
    const product = await startProduct(room.program, 'start', dataDir);
    expect(await valueOf(product.outcome.url, 'SELECT 1')).toBe(1);
    await product.end('SIGTERM');
  });

  it('leaves a shell alone that somebody has open in the folder of the database', async () => {
    const shell: ChildProcess = spawn('sleep', ['600'], { cwd: inPostgres('data') });
    const identity = identityOf(shell.pid ?? 0);
    const product = await startProduct(room.program, 'start', dataDir);
    expect(product.outcome.url).toBeDefined();
    expect(identity && isAlive(identity)).toBe(true);
    shell.kill('SIGKILL');
    await product.end('SIGTERM');
  });

  it('replaces a server of other programs that a killed product left running', async () => {
    const older = compileRoom({ withOwnPackages: true });
    try {
      const killed = await startProduct(older.program, 'start', dataDir);
      await valueOf(killed.outcome.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await killed.end('SIGKILL');
      const product = await startProduct(room.program, 'start', dataDir);
      expect(product.lines[0]?.info).toMatch(/^Stopping an embedded Postgres of other programs/);
      expect(await valueOf(product.outcome.url, 'SELECT answer FROM kept')).toBe(42);
      await product.end('SIGTERM');
    } finally {
      older.remove();
    }
  });
});
