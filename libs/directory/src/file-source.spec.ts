import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSource } from './file-source.js';
import { hashPassword } from './password-hash.js';

const ADA = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01';
const GRACE = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a02';

describe('a directory in a file', () => {
  let folder: string;
  let path: string;
  let source: FileSource;
  const write = (users: object[]) => writeFile(path, JSON.stringify({ users, groups: [] }));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'directory-'));
    path = join(folder, 'directory.json');
    source = new FileSource({ path, acceptsPlainPasswords: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('knows whose password it is, hashed or plain, and gives the entry without it', async () => {
    await write([
      { id: ADA, username: 'ada', passwordHash: await hashPassword('right') },
      { id: GRACE, username: 'grace', password: 'plain' },
    ]);
    const entry = { id: ADA, username: 'ada', displayName: 'ada', email: null, enabled: true };
    expect(await source.authenticate('ADA', 'right')).toEqual(entry);
    expect(await source.authenticate('ada', 'wrong')).toBeUndefined();
    expect(await source.authenticate('ada', 'plain')).toBeUndefined();
    expect(await source.authenticate('grace', 'plain')).toMatchObject({ id: GRACE });
    expect(await source.authenticate('grace', 'right')).toBeUndefined();
    expect(await source.authenticate('grace', '')).toBeUndefined();
    expect(await source.authenticate('nobody', 'right')).toBeUndefined();
  });

  it('lets nobody in who is disabled, who has no password, or whose name two have', async () => {
    await write([
      { id: ADA, username: 'ada', password: 'right', enabled: false },
      { id: GRACE, username: 'grace' },
    ]);
    expect(await source.authenticate('ada', 'right')).toBeUndefined();
    expect(await source.authenticate('grace', '')).toBeUndefined();
    await write([
      { id: ADA, username: 'ada', password: 'right' },
      { id: GRACE, username: 'Ada', password: 'right' },
    ]);
    expect(await source.authenticate('ada', 'right')).toBeUndefined();
  });

  it('goes by the file as it is now', async () => {
    await write([{ id: ADA, username: 'ada', password: 'old' }]);
    expect(await source.authenticate('ada', 'old')).toBeDefined();
    await write([{ id: ADA, username: 'ada', password: 'fresh' }]);
    expect(await source.authenticate('ada', 'old')).toBeUndefined();
    expect(await source.authenticate('ada', 'fresh')).toBeDefined();
  });

  it('that cannot be read refuses nobody: it says so', async () => {
    await expect(source.authenticate('ada', 'right')).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
    expect(await source.readAll()).toEqual({
      whole: false,
      reasons: ['DIRECTORY_FILE: It cannot be read (ENOENT).'],
    });
    await writeFile(path, '{');
    await expect(source.authenticate('ada', 'right')).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
    expect(await source.readAll()).toMatchObject({ whole: false });
  });

  it('answers ten sign-ins at once, each by its own password', async () => {
    await write([{ id: ADA, username: 'ada', password: 'right' }]);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => source.authenticate('ada', i % 2 ? 'right' : 'wrong')),
    );
    expect(answers.map((user) => user !== undefined)).toEqual(answers.map((_, i) => i % 2 === 1));
  });

  it('refuses nobody for having to wait too long, or for its end: it says so', async () => {
    const hasty = new FileSource({ path, acceptsPlainPasswords: true, waitMilliseconds: 1 });
    await write([{ id: ADA, username: 'ada', passwordHash: await hashPassword('right') }]);
    const outcomesOf = (asked: FileSource) =>
      Promise.all(
        Array.from({ length: 6 }, () =>
          asked.authenticate('ada', 'right').then(
            (user) => user?.id,
            (problem: { code: string }) => problem.code,
          ),
        ),
      );
    const refused = 'DIRECTORY_UNAVAILABLE';
    expect((await outcomesOf(hasty)).toSorted()).toEqual(
      [ADA, ADA, refused, refused, refused, refused].sort(),
    );
    await source.close();
    expect(await outcomesOf(source)).toEqual(Array.from({ length: 6 }, () => refused));
  });
});
