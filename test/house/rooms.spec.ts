import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { rooms, ROOT, sourceFiles, type SourceFile } from './source-files.js';

const files = sourceFiles();
const paths = new Set(files.map((file) => file.path));

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

  it('has a spec beside each of its rules, which imports it', () => {
    const specs = files.filter((file) => file.path.endsWith('.spec.ts'));
    const untested = files.filter(
      ({ path }) => path.endsWith('.rules.ts') && !specs.some((spec) => isSpecOf(spec, path)),
    );
    expect(untested.map((file) => file.path)).toEqual([]);
  });
});

function isSpecOf(spec: SourceFile, path: string): boolean {
  return dirname(spec.path) === dirname(path) && spec.text().includes(`'./${basename(path, '.ts')}.js'`);
}
