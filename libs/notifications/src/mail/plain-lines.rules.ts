/** A line of a mail is no longer than this, where words allow it. */
export const MAIL_COLUMNS = 72;

const WIDE = /[\p{Emoji_Presentation}\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}]/u;
// Most of every mail: it costs no look at each of its characters.
const PLAIN = /^[ -~]*$/;
const WIDTHLESS = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** How many columns of a screen the text takes. */
export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const character of text) {
    if (!WIDTHLESS.test(character)) columns += WIDE.test(character) ? 2 : 1;
  }
  return columns;
}

/**
 * The text in lines of at most 72 columns, broken between words; a word that is longer has a line of its own.
 * @param first what stands before the first line
 * @param rest what stands before the others, as wide
 */
export function wrapped(text: string, first = '', rest = first): string[] {
  const room = MAIL_COLUMNS - columnsOf(rest);
  const lines: string[] = [];
  let line = '';
  let columns = 0;
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const wide = columnsOf(word);
    if (line !== '' && columns + 1 + wide > room) {
      lines.push(line);
      line = '';
    }
    columns = line === '' ? wide : columns + 1 + wide;
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one, i) => ((i === 0 ? first : rest) + one).trimEnd());
}
