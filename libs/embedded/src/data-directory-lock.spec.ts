import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { compileRoom, type CompiledRoom } from '../test/compiled-room.js';
import { startProduct, type StartedProduct } from '../test/started-product.js';
import { lockDataDirectory } from './data-directory-lock.js';

describe('the lock on DATA_DIR', () => {
  let room: CompiledRoom;
  let dataDir: string;
  const started: StartedProduct[] = [];

  beforeAll(() => {
    room = compileRoom();
  });
  afterAll(() => room.remove());
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tokenwarden-lock-'));
  });
  afterEach(async () => {
    for (const product of started.splice(0)) await product.end('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  });

  const start = async () => {
    const product = await startProduct(room.program, 'lock', dataDir);
    started.push(product);
    return product;
  };

  it('refuses a second product in one line naming DATA_DIR and the pid that has it', async () => {
    const first = await start();
    const second = await start();
    expect(second.outcome.refused).toBe(
      `DataDirectoryInUseError: DATA_DIR ${dataDir} is in use by product-of-a-spec (pid ${first.pid}): ` +
        'stop that one, or start this one with another DATA_DIR and PORT.',
    );
  });

  it('is free again after a release, and nothing stays behind', async () => {
    const release = await lockDataDirectory(dataDir, { instance: 'first' });
    await expect(lockDataDirectory(dataDir, { instance: 'second' })).rejects.toThrow('in use by first');
    await release();
    await release();
    expect(readdirSync(dataDir)).toEqual([]);
    await (
      await lockDataDirectory(dataDir, { instance: 'second' })
    )();
  });

  it('is not held by a process that was killed', async () => {
    await (await start()).end('SIGKILL');
    expect((await start()).outcome.locked).toBe(dataDir);
    expect(readdirSync(dataDir)).toEqual(['product.lock']);
  });

  it('is not held by another process that was given the same pid', async () => {
    const claim = { pid: process.pid, startedAt: 1, boot: 'another', instance: 'long gone', claim: 'x' };
    writeFileSync(join(dataDir, 'product.lock'), JSON.stringify(claim));
    expect((await start()).outcome.locked).toBe(dataDir);
  });

  it.each(['', '{"pid":', 'null', '{"pid":"1"}'])('is not held by the unreadable claim %j', async (text) => {
    writeFileSync(join(dataDir, 'product.lock'), text);
    expect((await start()).outcome.locked).toBe(dataDir);
  });

  it('goes on over a successor that was killed while taking over', async () => {
    await (await start()).end('SIGKILL');
    await (await start()).end('SIGKILL'); // the lock names the second, dead; now let a third have died half-way
    const head = readFileSync(join(dataDir, 'product.lock'), 'utf8');
    const succession = `product.lock.after-${createHash('sha256').update(head).digest('hex').slice(0, 32)}`;
    writeFileSync(join(dataDir, succession), head.replace(/"claim":"[^"]+"/, '"claim":"third"'));
    expect((await start()).outcome.locked).toBe(dataDir);
    expect(readdirSync(dataDir)).toEqual(['product.lock']);
  });

  it.each([1, 2, 3])(
    'has exactly one winner of twelve simultaneous starts over a dead one, round %i',
    async () => {
      await (await start()).end('SIGKILL');
      const outcomes = (await Promise.all(Array.from({ length: 12 }, start))).map(({ outcome }) => outcome);
      expect(outcomes.filter(({ locked }) => locked)).toHaveLength(1);
      expect(outcomes.filter(({ refused }) => refused?.includes('is in use by'))).toHaveLength(11);
    },
  );

  it('has exactly one winner of fifty claims in one process, over a dead one', async () => {
    writeFileSync(join(dataDir, 'product.lock'), 'of a dead one');
    const tries = Array.from({ length: 50 }, () => lockDataDirectory(dataDir, { instance: 'one of many' }));
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
