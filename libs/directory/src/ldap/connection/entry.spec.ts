import { describe, expect, it } from '@jest/globals';
import { Attribute, BerReader, BerWriter, SearchEntry } from 'ldapts';
import { ReceivedEntry } from './entry.js';

/** An entry that came with these attributes, in this order. */
function received(...attributes: readonly (readonly [string, ...(string | Buffer)[]])[]): ReceivedEntry {
  const message = new SearchEntry({ messageId: 1, name: 'uid=ada' });
  for (const [type, ...values] of attributes) {
    const writer = new BerWriter();
    new Attribute({ type, values: values.map((value) => Buffer.from(value)) }).write(writer);
    const attribute = new Attribute();
    attribute.parse(new BerReader(writer.buffer));
    message.attributes.push(attribute);
  }
  return new ReceivedEntry(message);
}

describe('an entry as it came', () => {
  it('has its values under any spelling of the attribute, and none where it has none', () => {
    const entry = received(['displayName', 'Ada'], ['mail']);
    expect(entry.dn).toBe('uid=ada');
    expect(entry.attributes).toEqual(['displayName', 'mail']);
    expect(entry.values('DISPLAYNAME')).toEqual([Buffer.from('Ada')]);
    for (const name of ['mail', 'uid', 'toString', '__proto__']) {
      expect(entry.values(name)).toEqual([]);
      expect(entry.text(name)).toBeUndefined();
      expect(entry.texts(name)).toEqual([]);
    }
  });

  it('keeps attributes with options apart', () => {
    const entry = received(['member;range=0-1', 'a', 'b'], ['member']);
    expect(entry.texts('Member;Range=0-1')).toEqual(['a', 'b']);
    expect(entry.texts('member')).toEqual([]);
  });

  it('has one text only where there is one value', () => {
    const entry = received(['uid', 'ada', 'countess']);
    expect(entry.text('uid')).toBeUndefined();
    expect(entry.texts('uid')).toEqual(['ada', 'countess']);
  });

  it('has a text only where the bytes are one, and every byte as it came', () => {
    const noText = Buffer.of(0xc3, 0x28);
    const entry = received(['objectGUID', noText], ['cn', noText, 'Ümit'], ['sn', '\ufeffx\0']);
    expect(entry.text('objectGUID')).toBeUndefined();
    expect(entry.values('objectGUID')).toEqual([noText]);
    expect(entry.texts('cn')).toEqual(['Ümit']);
    expect(entry.values('cn')).toHaveLength(2);
    // What nobody sees is part of a name all the same.
    expect(entry.text('sn')).toBe('\ufeffx\0');
  });
});
