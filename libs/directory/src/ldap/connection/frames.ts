/** The bytes are no LDAP message: nothing that comes after them can be read either. */
export class NotLdap extends Error {
  override readonly name: string = 'NotLdap';
}

/** More than an answer may have: reading it would fill the memory, or keep everybody else waiting. */
export class TooMuch extends NotLdap {
  override readonly name = 'TooMuch';
}

// A group of nearly 250,000 members, named by DNs of 250 bytes: ldapts reads it in one go, in about a second.
const LARGEST_MESSAGE_BYTES = 64 * 1024 * 1024;
const MOST_ELEMENTS = 250_000;
// Of one answer: a page of 100 groups with 10,000 members each.
const LARGEST_ANSWER_BYTES = 192 * 1024 * 1024;
const MOST_ELEMENTS_OF_ANSWER = 1_000_000;
const LONGEST_HEADER_BYTES = 6;
const DEEPEST = 12;
const SEQUENCE = 0x30;
const CONSTRUCTED = 0x20;
// In these tags the number does not end in the first byte; LDAP has none of them.
const LONG_TAG = 0x1f;

/**
 * Cuts what a socket receives into whole messages, each put together once however many pieces it came in, and lets none
 * pass whose lengths contradict each other: readers that come after may trust them.
 */
export class MessageFrames {
  private pieces: Buffer[] = [];
  private received = 0;
  private needed = 0;
  private answerBytes = 0;
  private answerElements = 0;

  /** What comes from here on is another answer. */
  begin(): void {
    this.answerBytes = 0;
    this.answerElements = 0;
  }

  /** Whether nothing of a message is waiting for the rest of it. */
  get isEmpty(): boolean {
    return this.received === 0;
  }

  /**
   * The messages that are whole with this piece, in order.
   * @throws NotLdap where they are none, TooMuch where there is more in them, or in the answer so far, than may be
   */
  push(piece: Buffer): Buffer[] {
    this.pieces.push(piece);
    this.received += piece.length;
    if (this.received < this.needed) return [];

    const messages: Buffer[] = [];
    let bytes = this.joined();
    for (;;) {
      const length = messageLength(bytes);
      this.needed = length ?? LONGEST_HEADER_BYTES;
      if (length === undefined || bytes.length < length) break;
      const message = bytes.subarray(0, length);
      this.count(length, elementsOf(message, 0, length, { depth: 0, most: MOST_ELEMENTS }));
      messages.push(message);
      bytes = bytes.subarray(length);
    }
    // A header may be shorter than the longest: looking again costs nothing while there are so few bytes.
    if (bytes.length < LONGEST_HEADER_BYTES) this.needed = 0;
    this.pieces = bytes.length > 0 ? [bytes] : [];
    this.received = bytes.length;
    return messages;
  }

  private count(bytes: number, elements: number): void {
    this.answerBytes += bytes;
    this.answerElements += elements;
    if (this.answerBytes > LARGEST_ANSWER_BYTES || this.answerElements > MOST_ELEMENTS_OF_ANSWER) {
      throw new TooMuch(
        `more than ${LARGEST_ANSWER_BYTES} bytes or ${MOST_ELEMENTS_OF_ANSWER} values in one answer`,
      );
    }
  }

  private joined(): Buffer {
    return this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces, this.received);
  }
}

/** How many bytes the message that begins here has, header included; undefined while too few are there to say. */
function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length > 0 && bytes[0] !== SEQUENCE) throw new NotLdap('No message begins like this.');
  const header = headerOf(bytes, 0, bytes.length);
  if (header === undefined) return undefined;
  if (header.end > LARGEST_MESSAGE_BYTES)
    throw new TooMuch(`more than ${LARGEST_MESSAGE_BYTES} bytes in one message`);
  return header.end;
}

/** Tag and length (X.690, 8.1) of what begins at `start`; undefined where `limit` comes before they end. */
function headerOf(
  bytes: Buffer,
  start: number,
  limit: number,
): { readonly content: number; readonly end: number } | undefined {
  if (start + 2 > limit) return undefined;
  if (((bytes[start] as number) & LONG_TAG) === LONG_TAG) throw new NotLdap('A tag that LDAP does not have.');
  const first = bytes[start + 1] as number;
  if (first < 0x80) return { content: start + 2, end: start + 2 + first };
  const count = first & 0x7f;
  if (count === 0 || count > 4) throw new NotLdap('A length that LDAP does not have.');
  const content = start + 2 + count;
  return content > limit ? undefined : { content, end: content + bytes.readUIntBE(start + 2, count) };
}

/**
 * How many elements there are from `start` on, those within them included.
 * @throws NotLdap where they do not fill the bytes up to `end` exactly, and so within each; TooMuch where they are more
 */
function elementsOf(
  bytes: Buffer,
  start: number,
  end: number,
  { depth, most }: { readonly depth: number; readonly most: number },
): number {
  if (depth > DEEPEST) throw new NotLdap('Elements within elements without end.');
  let count = 0;
  for (let at = start; at < end;) {
    const header = headerOf(bytes, at, end);
    if (header === undefined || header.end > end) throw new NotLdap('Lengths that contradict each other.');
    count += 1;
    if (count > most) throw new TooMuch(`more than ${MOST_ELEMENTS} values in one message`);
    const isConstructed = ((bytes[at] as number) & CONSTRUCTED) !== 0;
    if (isConstructed) {
      const within = { depth: depth + 1, most: most - count };
      count += elementsOf(bytes, header.content, header.end, within);
    }
    at = header.end;
  }
  return count;
}
