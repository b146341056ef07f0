/** A name in the head of a mail: longer ones are rather a mistake, and a line of a mail ends. */
const LONGEST = 100;
const BREAKS = /[\p{Cc}\u2028\u2029]+/gu;
/** What turns the direction of writing, which only misleads in one line. */
const DIRECTIONS = /\p{Bidi_Control}/gu;
/** What begins an encoded word (RFC 2047): a reader of mail would decode it, whoever wrote it. */
const ENCODED_WORD = /=(?=\?)/g;
const HALVES = /\p{Surrogate}/gu;

/** The text as it may stand in a header and in a row: on one line, whole characters only, at most 100 of them, and it reads as it is written. */
export function headerText(text: string): string {
  const line = text
    .slice(0, 10 * LONGEST)
    .replace(HALVES, '\uFFFD')
    .replace(DIRECTIONS, '')
    .replace(BREAKS, ' ')
    .replace(ENCODED_WORD, '= ')
    .trim();
  return [...line].slice(0, LONGEST).join('');
}
