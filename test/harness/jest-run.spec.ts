import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { newFolder } from './index.js';

const HARNESS = import.meta.dirname;
const JEST = join(HARNESS, '../../node_modules/jest/bin/jest.js');

/** A run of jest by itself, with the harness's set-up and tear-down around a single spec. */
function run(spec: string) {
  const folder = newFolder('jest-run');
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  writeFileSync(join(folder, 'one.spec.cjs'), spec);
  const config = {
    rootDir: folder,
    testMatch: ['**/*.spec.cjs'],
    globalSetup: join(HARNESS, 'global-setup.mjs'),
    globalTeardown: join(HARNESS, 'global-teardown.mjs'),
  };
  const results = join(folder, 'results.json');
  const words = ['--experimental-vm-modules', JEST, '--config', JSON.stringify(config), '--json'];
  const { PATH } = process.env;
  const { status } = spawnSync(process.execPath, [...words, '--outputFile', results], {
    cwd: folder,
    env: { PATH, TMPDIR: temporary },
  });
  return { status, results, temporary };
}

describe('a run of jest in which a test fails', () => {
  let failed: ReturnType<typeof run>;
  beforeAll(() => {
    failed = run(`
      require('node:fs').writeFileSync(__dirname + '/run-folder', process.env.TEST_RUN_FOLDER);
      it('fails', () => expect(1).toBe(2));
    `);
  }, 60_000);

  it('is a failed run', () => {
    expect(failed.status).toBe(1);
  });

  it('writes its results', () => {
    const counted = JSON.parse(readFileSync(failed.results, 'utf8')) as Record<string, unknown>;
    expect(counted).toMatchObject({ numPassedTests: 0, numFailedTests: 1 });
  });

  it('has swept its folder', () => {
    const folder = readFileSync(join(failed.results, '../run-folder'), 'utf8');
    expect(folder.startsWith(failed.temporary)).toBe(true);
    expect(existsSync(folder)).toBe(false);
  });
});
