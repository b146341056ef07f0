import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { BrokenSealError, Sealing, WrongMasterKeyError } from './index.js';

const sealing = new Sealing(Buffer.alloc(32, 1));
const secret = Buffer.from('a private key');

describe('what is sealed', () => {
  it('opens to what it was', () =>
    expect(sealing.open(sealing.seal(secret, 'key:1'), 'key:1')).toEqual(secret));
  it('may be empty', () =>
    expect(sealing.open(sealing.seal(Buffer.alloc(0), 'key:1'), 'key:1')).toHaveLength(0));
  it('opens in another process with the same master key', () =>
    expect(new Sealing(Buffer.alloc(32, 1)).open(sealing.seal(secret, 'key:1'), 'key:1')).toEqual(secret));
  it('never looks the same twice', () =>
    expect(sealing.seal(secret, 'key:1').equals(sealing.seal(secret, 'key:1'))).toBe(false));
  it('shows nothing of the secret', () => expect(sealing.seal(secret, 'key:1').includes(secret)).toBe(false));
});

describe('a seal', () => {
  it('of another master key is told apart from a broken one', () => {
    const other = new Sealing(randomBytes(32));
    expect(() => other.open(sealing.seal(secret, 'key:1'), 'key:1')).toThrow(WrongMasterKeyError);
  });
  it('does not open where it does not belong', () =>
    expect(() => sealing.open(sealing.seal(secret, 'key:1'), 'key:2')).toThrow(BrokenSealError));
  it('does not open after any of its bytes was changed', () => {
    const sealed = sealing.seal(secret, 'key:1');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => sealing.open(changed, 'key:1')).toThrow(/sealed/);
    }
  });
  it('does not open when it was cut, at any length', () => {
    const sealed = sealing.seal(secret, 'key:1');
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => sealing.open(sealed.subarray(0, length), 'key:1')).toThrow(BrokenSealError);
    }
  });
  it('names the place and nothing secret when it does not open', () =>
    expect(() => sealing.open(Buffer.alloc(9), 'key:1')).toThrow('What is sealed for key:1'));
});

describe('a master key', () => {
  it.each([0, 16, 31, 33])('of %i bytes is refused', (bytes) =>
    expect(() => new Sealing(Buffer.alloc(bytes))).toThrow('32 bytes'),
  );
});
