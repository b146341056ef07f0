/** A line of a mail is no longer than this, where words allow it. */
export const MAIL_COLUMNS = 72;

const WIDE = /[\p{Emoji_Presentation}\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}]/u;
const WIDTHLESS = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** How many columns of a screen the text takes. */
export function columnsOf(text: string): number {
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
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && columnsOf(rest + longer) > MAIL_COLUMNS) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((one, i) => ((i === 0 ? first : rest) + one).trimEnd());
}
