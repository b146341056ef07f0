import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { newFolder } from './index.js';

const HARNESS = import.meta.dirname;
const JEST = join(HARNESS, '../../node_modules/jest/bin/jest.js');

/** A run of jest by itself, with the harness's set-up and tear-down around a single spec. */
function run(spec: string) {
  const folder = newFolder('jest-run');
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const note = join(folder, 'run-folder');
  writeFileSync(
    join(folder, 'one.spec.cjs'),
    `require('node:fs').writeFileSync(${JSON.stringify(note)}, process.env.TEST_RUN_FOLDER);\n${spec}`,
  );
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
  return { status, results, temporary, runFolder: readFileSync(note, 'utf8') };
}

describe('a run of jest in which a test fails', () => {
  let failed: ReturnType<typeof run>;
  beforeAll(() => {
    failed = run(`it('fails', () => expect(1).toBe(2));`);
  }, 60_000);

  it('is a failed run', () => {
    expect(failed.status).toBe(1);
  });

  it('writes its results', () => {
    const counted = JSON.parse(readFileSync(failed.results, 'utf8')) as Record<string, unknown>;
    expect(counted).toMatchObject({ numPassedTests: 0, numFailedTests: 1 });
  });

  it('has swept its folder', () => {
    expect(failed.runFolder.startsWith(failed.temporary)).toBe(true);
    expect(existsSync(failed.runFolder)).toBe(false);
  });
});

describe('a run of jest that is killed', () => {
  // As a directory server is: started by a test, in a folder of the run, and frozen at this moment.
  const FROZEN = `require('node:child_process')
    .spawn('sleep', ['600'], { cwd: require('node:fs').mkdtempSync(process.env.TEST_RUN_FOLDER + '/directory-') })
    .kill('SIGSTOP');`;

  it('leaves neither a server nor a folder behind', async () => {
    const killed = run(`it('is killed', () => { ${FROZEN} process.kill(process.pid, 'SIGKILL'); });`);
    expect(killed.status).toBeNull();
    while (existsSync(killed.runFolder)) await wait(50);
    expect(processesNaming(killed.runFolder)).toEqual([]);
  }, 60_000);
});

function processesNaming(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      if (!/^\d+$/.test(pid)) return false;
      const isToldOfIt = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}/`);
      return isToldOfIt || readlinkSync(`/proc/${pid}/cwd`).startsWith(`${folder}/`);
    } catch {
      return false; // ended meanwhile
    }
  });
}
