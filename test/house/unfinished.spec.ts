import { describe, expect, it } from '@jest/globals';
import { sourceFiles, type SourceFile } from './source-files.js';

// Written in pieces, so that this file does not find itself.
const MARK = new RegExp(['TO', 'DO|FIX', 'ME|XX', 'X'].join(''));
const MARK_WITH_ISSUE = new RegExp(`${['TO', 'DO'].join('')}\\(#\\d+\\): \\S`);
const LEFT_OUT =
  /\b(describe|it|test)\s*\.\s*(skip|only|todo|failing)\b|\b(xit|xdescribe|xtest|fit|fdescribe)\s*\(/;
const SILENCED = new RegExp(['eslint-', 'disable|@ts-', '(ignore|expect-error|nocheck)'].join(''));
const REASON = /-- \S|: \S/;

const files = sourceFiles('ts', 'tsx', 'mjs');

function linesWhere(found: (line: string) => boolean, among: readonly SourceFile[] = files): string[] {
  return among.flatMap((file) =>
    file
      .text()
      .split('\n')
      .flatMap((line, index) => (found(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

describe('what is committed', () => {
  it('has no mark of unfinished work without the number of its issue', () => {
    expect(linesWhere((line) => MARK.test(line) && !MARK_WITH_ISSUE.test(line))).toEqual([]);
  });

  it('leaves out no test', () => {
    const specs = files.filter((file) => file.path.endsWith('.spec.ts'));
    expect(linesWhere((line) => LEFT_OUT.test(line), specs)).toEqual([]);
  });

  it('silences a check only with a reason on the same line', () => {
    expect(linesWhere((line) => SILENCED.test(line) && !REASON.test(line))).toEqual([]);
  });
});
