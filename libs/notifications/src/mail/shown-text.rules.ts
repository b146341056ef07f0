// What breaks or ends a line for one program or another: C0, C1, the two separators of Unicode, and all other white space.
const BREAKS_LINES = /[\p{Cc}\u2028\u2029\s]+/gu;
// What turns the direction of the text behind it, past the end of a name: marks, embeddings, overrides and isolates.
const TURNS_TEXT = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
// Printable ASCII without a space at either end: nothing is to be done to it.
const FIT = /^[!-~](?:[ -~]*[!-~])?$/;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * What somebody wrote as it is shown within a line of ours: one line, in its own order of letters, and of so many code points
 * at the most, `…` where it was longer. Letters, marks and emoji stay as they are.
 */
export function shownText(text: string, most: number): string {
  if (text.length <= most && FIT.test(text) && !text.includes('  ')) return text;
  // A text of a megabyte is not looked at beyond what is shown of it.
  const bounded = text.slice(0, most * 8);
  const oneLine = bounded
    .replace(TURNS_TEXT, '')
    .replace(LONE_SURROGATE, '\ufffd')
    .replace(BREAKS_LINES, ' ')
    .trim();
  const characters = [...oneLine];
  const isCut = characters.length > most || bounded.length < text.length;
  return isCut
    ? `${characters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`
    : oneLine;
}

/** The text where HTML text or the value of an attribute in quotes stands: nothing in it begins or ends anything. */
export function escapedHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.codePointAt(0)};`);
}
