import { describe, expect, it } from '@jest/globals';
import { columnsOf, MAIL_COLUMNS, wrapped } from './plain-lines.rules.js';

describe('the columns of a text', () => {
  it('are two for what is wide, none for what stands on others', () => {
    expect(columnsOf('abc')).toBe(3);
    expect(columnsOf('日本')).toBe(4);
    expect(columnsOf('한글')).toBe(4);
    expect(columnsOf('😀')).toBe(2);
    expect(columnsOf('e\u0301')).toBe(1);
    expect(columnsOf('a\u200db')).toBe(2);
  });
});

describe('lines of a mail', () => {
  it('are 72 columns long at the most, and broken between words', () => {
    const lines = wrapped(`${'word '.repeat(40)}end`);
    expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(MAIL_COLUMNS);
    expect(lines.join(' ')).toBe(`${'word '.repeat(40)}end`);
  });
  it('hold exactly 72 where they can', () =>
    expect(wrapped(`${'a'.repeat(36)} ${'b'.repeat(35)} c`)).toEqual([
      `${'a'.repeat(36)} ${'b'.repeat(35)}`,
      'c',
    ]));
  it('count what stands before them', () =>
    expect(wrapped(`${'a'.repeat(36)} ${'b'.repeat(34)}`, '* ', '  ')).toEqual([
      `* ${'a'.repeat(36)}`,
      `  ${'b'.repeat(34)}`,
    ]));
  it('leave a word that is longer whole, on a line of its own', () =>
    expect(wrapped(`see ${'x'.repeat(100)} now`)).toEqual(['see', 'x'.repeat(100), 'now']));
  it('are one where there is nothing', () => expect(wrapped('')).toEqual(['']));
});
