import { describe, expect, it } from '@jest/globals';
import { sourceFiles } from './source-files.js';

/** Names of drawers: whatever is in them could be anywhere else. */
const DRAWERS = /(^|[-./_])(utils?|helpers?|commons?|misc|shared|managers?)([-./_]|$)/i;

const files = sourceFiles();

describe('a file or folder', () => {
  it('is named by what is in it, not as a drawer', () => {
    expect(files.map((file) => file.path).filter((path) => DRAWERS.test(path))).toEqual([]);
  });

  it('is named in lower case with hyphens, but for the names that everybody knows', () => {
    const known = /^(README|CHANGELOG|CONTRIBUTING|SECURITY|LICENSE|NOTICE|Dockerfile)(\.md)?$/;
    const plain = /^[a-z0-9.-]+$/;
    const names = [...new Set(files.flatMap((file) => file.path.split('/')))];
    expect(names.filter((name) => !plain.test(name) && !known.test(name))).toEqual([]);
  });
});
