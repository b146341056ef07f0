/** Entries that are longer than ldapts writes them, of at most 4 GiB. */
export function longEntry(
  id: number,
  dn: string | Buffer,
  attributes: Readonly<Record<string, Buffer | readonly string[]>>,
): Buffer {
  const written = Object.entries(attributes).map(([name, values]) =>
    element(0x30, octets(name), element(0x31, ...(Buffer.isBuffer(values) ? [values] : values.map(octets)))),
  );
  return longMessage(id, element(0x64, octets(dn), element(0x30, ...written)));
}

/** One attribute again and again, without a value. */
export function manyAttributes(id: number, dn: string, count: number): Buffer {
  const one = element(0x30, octets('uid'), element(0x31));
  return longMessage(id, element(0x64, octets(dn), element(0x30, Buffer.alloc(count * one.length, one))));
}

/** So many values of no bytes each. */
export function emptyValues(count: number): Buffer {
  return Buffer.alloc(2 * count, Buffer.of(0x04, 0x00));
}

function longMessage(id: number, operation: Buffer): Buffer {
  return element(0x30, Buffer.of(0x02, 0x01, id), operation);
}

const octets = (text: string | Buffer) => element(0x04, Buffer.from(text));

function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const header = Buffer.of(tag, 0x84, 0, 0, 0, 0);
  header.writeUInt32BE(
    parts.reduce((sum, part) => sum + part.length, 0),
    2,
  );
  return Buffer.concat([header, ...parts]);
}
