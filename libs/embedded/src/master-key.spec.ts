import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { embeddedMasterKey } from './master-key.js';

describe('the master key of a start without settings', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tokenwarden-key-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));
  const path = () => join(dataDir, 'master.key');

  it('is 32 bytes, made once, and for this user only', async () => {
    const key = await embeddedMasterKey(dataDir);
    expect(key).toHaveLength(32);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readFileSync(path(), 'utf8')).toBe(`${key.toString('base64')}\n`);
    expect(await embeddedMasterKey(dataDir)).toEqual(key);
  });

  it('is one and the same for many who ask first at the same time', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => embeddedMasterKey(dataDir)));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
  });

  it('is not made anew beside a database that an older one sealed', async () => {
    mkdirSync(join(dataDir, 'postgres', 'data'), { recursive: true });
    await expect(embeddedMasterKey(dataDir)).rejects.toThrow(
      /master\.key is missing.*put the file back from a backup/,
    );
    expect(() => statSync(path())).toThrow('ENOENT');
  });

  it.each(['', 'c2hvcnQ=', 'not base64 at all'])(
    'is refused, and kept, when its file holds %j',
    async (text) => {
      writeFileSync(path(), text);
      await expect(embeddedMasterKey(dataDir)).rejects.toThrow(
        'does not hold a master key (32 bytes in base64)',
      );
      expect(readFileSync(path(), 'utf8')).toBe(text);
    },
  );

  it('is taken back from other users who could read it', async () => {
    await embeddedMasterKey(dataDir);
    rmSync(path());
    writeFileSync(path(), Buffer.alloc(32, 7).toString('base64'), { mode: 0o644 });
    expect(await embeddedMasterKey(dataDir)).toEqual(Buffer.alloc(32, 7));
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });
});
