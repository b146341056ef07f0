import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { headerSegment, tokenBeginning } from './header.rules.js';

const DOCUMENT = readFileSync(new URL('../../../docs/secret-scanning.md', import.meta.url), 'utf8');
const RULES = [...DOCUMENT.matchAll(/eyJhbGciOiJ\[FS\][^\s'`]+/g)].map(([rule]) => rule);

describe('docs/secret-scanning.md', () => {
  it('names the constant beginnings', () => {
    expect(DOCUMENT).toContain(`\`${tokenBeginning('ES256')}\``);
    expect(DOCUMENT).toContain(`\`${tokenBeginning('RS256')}\``);
  });
  it('gives one rule in four places', () => {
    expect(RULES).toHaveLength(4);
    expect(new Set(RULES).size).toBe(1);
  });
  it.each([
    ['ES256', 64],
    ['RS256', 256],
  ] as const)('has a rule that finds a whole token of %s in a text', (algorithm, bytes) => {
    const header = headerSegment(algorithm, 'tokenwarden-0a1b');
    const token = `${header}.${randomBytes(200).toString('base64url')}.${randomBytes(bytes).toString('base64url')}`;
    expect(new RegExp(RULES[0] ?? '').exec(`TOKEN="${token}"`)?.[0]).toBe(token);
  });
  it('has a rule that other JWTs do not meet', () => {
    const header = Buffer.from('{"alg":"ES256","typ":"JWT","kid":"x"}').toString('base64url');
    expect(new RegExp(RULES[0] ?? '').test(`${header}.e30.${'a'.repeat(86)}`)).toBe(false);
  });
});
