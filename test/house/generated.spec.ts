import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from './source-files.js';

/** Runs a program of the repository that exits with 1, and says why, where what it writes is stale. */
function check(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: ROOT, encoding: 'utf8' });
  return { status, complaint: status === 0 ? '' : `${stdout}${stderr}` };
}

const FRESH = { status: 0, complaint: '' };

describe('what is written from the code and committed with it is fresh:', () => {
  it('schema.graphql, docs/errors.md, docs/settings.md', () => {
    expect(check('apps/server/cli.mjs', 'schema', '--check')).toEqual(FRESH);
  }, 120_000);

  it('libs/database/schema.sql', () => {
    expect(check('test/house/schema-sql.mjs', '--check')).toEqual(FRESH);
  }, 120_000);

  it('docs/internals/rooms.md', () => {
    expect(check('test/house/draw-rooms.mjs', '--check')).toEqual(FRESH);
  });
});
