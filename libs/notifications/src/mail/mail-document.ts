import { dayInWords, distanceInWords, rfc3339 } from './moment-words.rules.js';

/** How a piece of a line is to be shown; a `name` and a `value` come from somebody, the rest is ours. */
type Manner = 'words' | 'strong' | 'name' | 'value' | 'code' | 'link';

/** Some words of a line, as they came: whoever writes a part of the mail makes them fit for their place. */
export interface Piece {
  readonly text: string;
  readonly manner: Manner;
}

/** A sentence or a value, without a line break. */
export type Line = readonly Piece[];

/** A label, and what is to be said of it. */
export type Fact = readonly [label: string, line: Line];

/** What stands below each other in a mail. */
export type Block =
  | { readonly kind: 'paragraph'; readonly line: Line }
  | { readonly kind: 'heading'; readonly words: string }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  | { readonly kind: 'list'; readonly lines: readonly Line[] }
  /** To be copied: of ours and of ids alone. */
  | { readonly kind: 'code'; readonly lines: readonly string[] }
  /** One thing of several, such as a token. */
  | { readonly kind: 'card'; readonly title: Line; readonly lead: Line; readonly facts: readonly Fact[] };

/** A mail before it is text or HTML: both say the same. */
export interface MailDocument {
  readonly subject: Line;
  readonly title: Line;
  readonly blocks: readonly Block[];
  /** Why the recipient gets this. */
  readonly because: Line;
}

/**
 * A line of our words. What stands in `${}` came from somebody else, a name of a user say, and is set apart, unless it was
 * made by one of the functions below: nothing reaches a mail unescaped by being forgotten.
 */
export function line(
  words: TemplateStringsArray,
  ...values: readonly (string | number | Piece | Line)[]
): Line {
  return words.flatMap((text, i): Line => {
    const own: Line = text === '' ? [] : [{ text, manner: 'words' }];
    const value = values[i];
    return i < values.length && value !== undefined ? [...own, ...piecesOf(value)] : own;
  });
}

/** Our own words, known only when the mail is written: a count, a span of time. */
export const words = (text: string): Piece => ({ text, manner: 'words' });
/** Our own words that matter most. */
export const strong = (text: string): Piece => ({ text, manner: 'strong' });
/** What something is called by somebody: within a sentence it is set in quotation marks. */
export const name = (text: string): Piece => ({ text, manner: 'name' });
/** What is written exactly so: an id, a word of the API. */
export const code = (text: string): Piece => ({ text, manner: 'code' });
/** An address that an operator configured. */
export const link = (text: string): Piece => ({ text, manner: 'link' });

/** A moment in words and by RFC 3339: `Friday, 4 December 2026, 08:00 UTC (2026-12-04T08:00:00Z)`. */
export function moment(at: string): Line {
  const when = new Date(at);
  return line`${words(dayInWords(when))} (${code(rfc3339(when))})`;
}

/** The same behind how far away it is. */
export function momentFrom(at: string, now: Date): Line {
  return line`${words(distanceInWords(new Date(at), now))}: ${moment(at)}`;
}

/** A block of one sentence or some. */
export const paragraph = (sentence: Line): Block => ({ kind: 'paragraph', line: sentence });
/** What the blocks behind it are about. */
export const heading = (title: string): Block => ({ kind: 'heading', words: title });
/** Labels with what is to be said of each. */
export const facts = (...pairs: readonly Fact[]): Block => ({ kind: 'facts', facts: pairs });
/** Some things below each other. */
export const list = (lines: readonly Line[]): Block => ({ kind: 'list', lines });
/** An operation of the API to be copied. */
export const operation = (...lines: readonly string[]): Block => ({ kind: 'code', lines });

function piecesOf(value: string | number | Piece | Line): Line {
  if (typeof value === 'string') return [{ text: value, manner: 'value' }];
  if (typeof value === 'number') return [words(String(value))];
  return 'text' in value ? [value] : value;
}
