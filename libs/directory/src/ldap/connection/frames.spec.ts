import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BindRequest, SearchRequest } from 'ldapts';
import { filterOf } from '../escaping.js';
import { MessageFrames, NotLdap } from './frames.js';

const bind = (messageId: number, dn = 'cn=reader') =>
  new BindRequest({ messageId, dn, password: 'x' }).write();
const search = (messageId: number) =>
  new SearchRequest({
    messageId,
    baseDN: 'ou=people',
    filter: filterOf('(a=b)'),
    attributes: ['cn'],
  }).write();
const MESSAGES = [bind(1), search(2), bind(3, 'x'.repeat(200)), bind(4, 'x'.repeat(70_000)), search(2 ** 30)];

/** All messages that come out when this goes in piece by piece. */
function framed(pieces: readonly Buffer[]): Buffer[] {
  const frames = new MessageFrames();
  return pieces.flatMap((piece) => frames.push(piece));
}

// Jest compares buffers number by number.
const areSame = (some: readonly Buffer[], others: readonly Buffer[]) =>
  some.length === others.length && some.every((one, i) => one.equals(others[i] as Buffer));

describe('messages on a socket', () => {
  it('come out whole, in whatever pieces they come in', () => {
    const all = Buffer.concat(MESSAGES);
    fc.assert(
      fc.property(fc.array(fc.nat(all.length), { maxLength: 30 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), all.length];
        const pieces = places.slice(1).map((end, i) => all.subarray(places[i], end));
        expect(areSame(framed(pieces.map((piece) => Buffer.from(piece))), MESSAGES)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('come out byte by byte as well', () => {
    const few = Buffer.concat(MESSAGES.slice(0, 3));
    expect(areSame(framed([...few].map((byte) => Buffer.of(byte))), MESSAGES.slice(0, 3))).toBe(true);
  });

  it('leave nothing behind, and something while one is not whole', () => {
    const frames = new MessageFrames();
    expect(frames.isEmpty).toBe(true);
    frames.push(bind(1).subarray(0, 5));
    expect(frames.isEmpty).toBe(false);
    frames.push(bind(1).subarray(5));
    expect(frames.isEmpty).toBe(true);
  });

  it.each([
    ['something that is not LDAP', Buffer.from('HTTP/1.1 400 Bad Request\r\n')],
    ['a message of 4 GiB', Buffer.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x02)],
    ['a length without end', Buffer.of(0x30, 0x80, 0x02, 0x01, 0x01, 0x00)],
    ['a length of nine bytes', Buffer.of(0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
    ['an element that is longer than what holds it', Buffer.of(0x30, 0x05, 0x02, 0x01, 0x01, 0x61, 0x05)],
    [
      'an element within one that is longer than it',
      Buffer.of(0x30, 0x07, 0x02, 0x01, 0x01, 0x61, 0x02, 0x04, 0x05),
    ],
    ['half an element at the end', Buffer.of(0x30, 0x04, 0x02, 0x01, 0x01, 0x61)],
    ['a tag of many bytes', Buffer.of(0x30, 0x03, 0x1f, 0x81, 0x00)],
  ])('are none: %s', (_, bytes) => expect(() => framed([bytes])).toThrow(NotLdap));

  it('are none where they are nested without end', () => {
    const nested = Array.from({ length: 60 }).reduce<Buffer>(
      (inner) => Buffer.concat([Buffer.of(0x30, inner.length), inner]),
      Buffer.alloc(0),
    );
    expect(() => framed([nested])).toThrow(NotLdap);
  });

  it('never make the reader hang or read beyond them, whatever comes', () => {
    fc.assert(
      fc.property(fc.nat(MESSAGES.length - 1), fc.nat(500), fc.nat(255), (which, place, byte) => {
        const bytes = Buffer.from(MESSAGES[which] ?? '');
        bytes[place % bytes.length] = byte;
        try {
          for (const message of framed([bytes])) expect(message.length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(NotLdap);
        }
      }),
    );
  });
});
