import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { rooms, ROOT, sourceFiles } from './source-files.js';

const paths = new Set(sourceFiles().map((file) => file.path));

describe('a room', () => {
  it('has one door and a README that says what it is for', () => {
    const missing = rooms()
      .flatMap((room) => [`libs/${room}/src/index.ts`, `libs/${room}/README.md`])
      .filter((path) => !paths.has(path));
    expect(missing).toEqual([]);
  });

  it('stands in one of the rows that the import rules know', () => {
    const rules = readFileSync(join(ROOT, '.dependency-cruiser.mjs'), 'utf8');
    expect(rooms().filter((room) => room !== 'embedded' && !rules.includes(`'${room}'`))).toEqual([]);
  });

  it('has a spec beside each of its rules', () => {
    const rules = [...paths].filter((path) => /^libs\/.*\.rules\.ts$/.test(path));
    const untested = rules.filter((path) => !paths.has(path.replace(/\.ts$/, '.spec.ts')));
    expect(untested).toEqual([]);
  });
});
