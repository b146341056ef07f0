import { describe, expect, it } from '@jest/globals';
import { decoyFor, hashPassword, isPasswordHash, verifyPassword } from './password-hash.js';

const CHEAP = 'scrypt$1024$8$1$c2FsdHNhbHRzYWx0c2FsdA$';

describe('a password hash', () => {
  it('is verified by its password and by no other', async () => {
    const hash = await hashPassword('correct horse');
    expect(await verifyPassword('correct horse', hash)).toBe(true);
    expect(await verifyPassword('correct horse ', hash)).toBe(false);
    expect(await verifyPassword('', hash)).toBe(false);
  });

  it('has the form scrypt$N$r$p$salt$hash and another salt each time', async () => {
    const [one, other] = [await hashPassword('same'), await hashPassword('same')];
    expect(one).toMatch(/^scrypt\$32768\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toBe(other);
  });

  it('takes composed and decomposed letters for the same password', async () => {
    const hash = await hashPassword('caf\u00e9');
    expect(await verifyPassword('cafe\u0301', hash)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['a plain password', 'ada-demo'],
    ['another algorithm', `$2b$10$${'a'.repeat(53)}`],
    ['N that is no power of two', `scrypt$1000$8$1$c2FsdHNhbHRzYWx0c2FsdA$${'A'.repeat(43)}`],
    ['more memory than 256 MiB', `scrypt$262144$16$1$c2FsdHNhbHRzYWx0c2FsdA$${'A'.repeat(43)}`],
    ['more work than anybody waits for', `scrypt$32768$8$100$c2FsdHNhbHRzYWx0c2FsdA$${'A'.repeat(43)}`],
    ['a hash that is cut', `${CHEAP}${'A'.repeat(42)}`],
    ['a line break behind it', `${CHEAP}${'A'.repeat(43)}\n`],
  ])('is not %s', async (_, text) => {
    expect(isPasswordHash(text)).toBe(false);
    await expect(verifyPassword('x', text)).rejects.toThrow('no password hash');
  });
});

describe('the decoy for unknown names', () => {
  it('costs what most of the hashes cost', () => {
    const cheap = `${CHEAP}${'A'.repeat(43)}`;
    const dear = `scrypt$32768$8$1$c2FsdHNhbHRzYWx0c2FsdA$${'A'.repeat(43)}`;
    expect(decoyFor([cheap, dear, cheap])).toMatch(/^scrypt\$1024\$8\$1\$/);
    expect(decoyFor([])).toMatch(/^scrypt\$32768\$8\$1\$/);
  });

  it('is a hash that can be verified, and that nothing matches', async () => {
    const decoy = decoyFor([]);
    expect(isPasswordHash(decoy)).toBe(true);
    expect(await verifyPassword('', decoy)).toBe(false);
  });
});
