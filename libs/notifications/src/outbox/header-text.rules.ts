/** A name in the head of a mail: longer ones are rather a mistake, and a line of a mail ends. */
const LONGEST = 100;
const BREAKS = /[\p{Cc}\u2028\u2029]+/gu;
const HALVES = /\p{Surrogate}/gu;

/** The text as it may stand in a header and in a row: on one line, whole characters only, at most 100 of them. */
export function headerText(text: string): string {
  const line = text
    .slice(0, 10 * LONGEST)
    .replace(HALVES, '\uFFFD')
    .replace(BREAKS, ' ')
    .trim();
  return [...line].slice(0, LONGEST).join('');
}
