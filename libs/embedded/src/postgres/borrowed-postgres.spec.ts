import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { compileRoom, type CompiledRoom } from '../../test/compiled-room.js';
import { startProduct, valueOf, type StartedProduct } from '../../test/started-product.js';
import { processesIn } from '../processes.js';
import { borrowEmbeddedPostgres } from './borrowed-postgres.js';

jest.setTimeout(120_000); // starts real servers, on a machine that may be busy

describe('a command on the embedded Postgres', () => {
  let room: CompiledRoom;
  let dataDir: string;
  let product: StartedProduct | undefined;
  const log = { info: () => undefined, warn: () => undefined };
  const borrow = () => borrowEmbeddedPostgres({ dataDir, instance: 'a command', log });

  beforeAll(() => {
    room = compileRoom();
    dataDir = mkdtempSync(join(tmpdir(), 'tokenwarden-borrow-'));
  });
  afterAll(async () => {
    await product?.end('SIGTERM');
    room.remove();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('is refused where no product ever started, and leaves nothing there', async () => {
    await expect(borrow()).rejects.toThrow('holds no database yet: run npm start once');
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('uses the one of the running product, and lets it run on', async () => {
    product = await startProduct(room.program, 'start', dataDir);
    const borrowed = await borrow();
    expect(borrowed.url).toBe(product.outcome.url);
    expect(await valueOf(borrowed.url, 'SELECT 1')).toBe(1);
    await borrowed.stop();
    expect(await valueOf(product.outcome.url, 'SELECT 1')).toBe(1);
    await product.end('SIGTERM');
  });

  it('starts one when no product runs, keeps a product out meanwhile, and stops it again', async () => {
    const borrowed = await borrow();
    expect(await valueOf(borrowed.url, 'SELECT 1')).toBe(1);
    product = await startProduct(room.program, 'start', dataDir);
    expect(product.outcome.refused).toContain(`in use by a command (pid ${process.pid})`);
    await borrowed.stop();
    expect(await processesIn(join(dataDir, 'postgres', 'data'), 'postgres')).toEqual([]);
    expect(readdirSync(dataDir)).toEqual(expect.not.arrayContaining(['product.lock']));
  });
});
