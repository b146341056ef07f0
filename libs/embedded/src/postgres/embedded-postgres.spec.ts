import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { compileRoom, type CompiledRoom } from '../../test/compiled-room.js';
import { NOBODY, startProduct, until, valueOf, type StartedProduct } from '../../test/started-product.js';
import { identityOf, killAndAwait, processesIn } from '../processes.js';

jest.setTimeout(120_000); // each starts and kills real servers, on a machine that may be busy

const isRoot = process.getuid?.() === 0;
const settingOf = (url: string | undefined, name: string) =>
  valueOf(url, `SELECT current_setting('${name}')`);

interface Situation {
  readonly who: string;
  readonly user: { uid?: number; gid?: number };
  /** nobody else may enter the folders of the repository and of DATA_DIR */
  readonly onlyForRoot: boolean;
}

const situations: Situation[] = [
  ...(isRoot ? [{ who: 'root', user: {}, onlyForRoot: false }] : []),
  ...(isRoot ? [{ who: 'root below a folder that only root may enter', user: {}, onlyForRoot: true }] : []),
  { who: 'an ordinary user', user: isRoot ? NOBODY : {}, onlyForRoot: false },
];

describe.each(situations)('the embedded Postgres started by $who', ({ user, onlyForRoot }) => {
  let room: CompiledRoom;
  let parent: string;
  let dataDir: string;
  const started: StartedProduct[] = [];

  beforeAll(() => {
    room = compileRoom({ onlyForRoot });
  });
  afterAll(() => room.remove());
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'tokenwarden-pg-')); // mode 0700
    dataDir = join(parent, 'state');
    if (onlyForRoot) return;
    chmodSync(parent, 0o755);
    mkdirSync(dataDir);
    if (user.uid !== undefined && user.gid !== undefined) chownSync(dataDir, user.uid, user.gid);
  });
  afterEach(async () => {
    for (const product of started.splice(0)) await product.end('SIGKILL');
    for (const pid of await postgresProcesses()) await killAndAwait(pid);
    rmSync(parent, { recursive: true, force: true });
  });

  const start = async () => {
    const product = await startProduct(room.program, 'start', dataDir, user);
    started.push(product);
    return product;
  };
  const data = () => join(dataDir, 'postgres', 'data');
  const postgresProcesses = () => processesIn(data(), 'postgres');
  const postmasterPid = () => Number(readFileSync(join(data(), 'postmaster.pid'), 'utf8').split('\n')[0]);

  it('is a real Postgres on loopback only, with a password, durable and in UTF-8', async () => {
    const { outcome } = await start();
    expect(await settingOf(outcome.url, 'listen_addresses')).toBe('127.0.0.1');
    expect(await settingOf(outcome.url, 'unix_socket_directories')).toBe('');
    expect(await settingOf(outcome.url, 'fsync')).toBe('on');
    expect(await settingOf(outcome.url, 'server_encoding')).toBe('UTF8');
    expect(await valueOf(outcome.url, 'SELECT current_database()')).toBe('tokenwarden');
    expect(
      await valueOf(outcome.url, `SELECT datlocale FROM pg_database WHERE datname = 'tokenwarden'`),
    ).toBe('C.UTF-8');
    await expect(valueOf(outcome.url?.replace(/:[^:@]+@/, ':guessed@'), 'SELECT 1')).rejects.toThrow(
      'password',
    );
    expect(statSync(join(dataDir, 'postgres', 'password')).mode & 0o777).toBe(0o600);
    expect(statSync(data()).mode & 0o777).toBe(0o700);
    expect(statSync(`/proc/${postmasterPid()}`).uid).toBe(onlyForRoot ? 0 : statSync(data()).uid);
    expect(statSync(data()).uid === 0).toBe(onlyForRoot);
  });

  it('stops in order with the product and keeps everything, the master key too', async () => {
    const first = await start();
    await valueOf(first.outcome.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.end('SIGTERM');
    expect(await postgresProcesses()).toEqual([]);
    const second = await start();
    expect(await valueOf(second.outcome.url, 'SELECT answer FROM kept')).toBe(42);
    expect(second.outcome.key).toBe(first.outcome.key);
    expect(readFileSync(join(dataDir, 'postgres', 'log'), 'utf8')).not.toContain('not properly shut down');
  });

  it('is taken over, not fought, after the product was killed', async () => {
    const first = await start();
    await valueOf(first.outcome.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const postmaster = identityOf(postmasterPid());
    await first.end('SIGKILL');
    const second = await start();
    expect(identityOf(postmasterPid())).toEqual(postmaster);
    expect(second.lines[0]?.info).toMatch(/^Took over the embedded Postgres/);
    expect(second.outcome.url).toBe(first.outcome.url);
    expect(await valueOf(second.outcome.url, 'SELECT answer FROM kept')).toBe(42);
    await second.end('SIGTERM');
    expect(await postgresProcesses()).toEqual([]);
  });

  it('comes back on the same port when it is killed, and again when a taken-over one is', async () => {
    const first = await start();
    await valueOf(first.outcome.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await killAndAwait(postmasterPid());
    await until(() => first.lines.some(({ info }) => info === 'The embedded Postgres is back.'));
    expect(await valueOf(first.outcome.url, 'SELECT answer FROM kept')).toBe(42);

    await first.end('SIGKILL');
    const second = await start();
    await killAndAwait(postmasterPid());
    await until(() => second.lines.some(({ info }) => info === 'The embedded Postgres is back.'));
    expect(await valueOf(second.outcome.url, 'SELECT answer FROM kept')).toBe(42);
  });

  it('starts after product and Postgres were killed together', async () => {
    const first = await start();
    await valueOf(first.outcome.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const pid = postmasterPid();
    process.kill(first.pid, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    await first.end('SIGKILL');
    const second = await start();
    expect(await valueOf(second.outcome.url, 'SELECT answer FROM kept')).toBe(42);
  });

  it('begins anew after an interrupted initdb', async () => {
    const killed = startProduct(room.program, 'start', dataDir, user).catch(() => undefined);
    await until(
      async () => (await processesIn(join(dataDir, 'postgres', 'data.unfinished'), 'initdb')).length > 0,
    );
    const lock = JSON.parse(readFileSync(join(dataDir, 'product.lock'), 'utf8')) as { pid: number };
    await killAndAwait(lock.pid);
    await killed;
    const { outcome } = await start();
    expect(await valueOf(outcome.url, 'SELECT 1')).toBe(1);
  });
});
