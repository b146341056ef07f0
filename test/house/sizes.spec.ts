import { describe, expect, it } from '@jest/globals';
import { sourceFiles } from './source-files.js';

const MOST_LINES = 300;
const ONE_SCREEN = 60;

function longerThan(lines: number, files: ReturnType<typeof sourceFiles>): string[] {
  return files
    .map((file) => ({ path: file.path, lines: file.text().split('\n').length - 1 }))
    .filter((file) => file.lines > lines)
    .map((file) => `${file.path}: ${file.lines} lines`);
}

describe('a source file', () => {
  it(`has at most ${MOST_LINES} lines: beyond that it holds two ideas`, () => {
    // A migration is read once and never changed; how long it is says nothing.
    const files = sourceFiles('ts', 'tsx', 'mjs').filter((file) => !file.path.includes('/migrations/'));
    expect(longerThan(MOST_LINES, files)).toEqual([]);
  });
});

describe('the README of a room', () => {
  it(`fits one screen of ${ONE_SCREEN} lines`, () => {
    const files = sourceFiles('md').filter((file) => /^libs\/[^/]+\/README\.md$/.test(file.path));
    expect(longerThan(ONE_SCREEN, files)).toEqual([]);
  });
});
