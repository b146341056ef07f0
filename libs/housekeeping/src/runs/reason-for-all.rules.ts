/** Whoever asks may be anybody, and a sentence is enough: the run has the whole of it. */
const LONGEST_REASON = 300;

/** Why a task fails, as it may be shown to everybody: whose mail address stands in it is left out, and it is one short line. */
export function reasonForAll(reason: string): string {
  const line = reason
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[^\s<>()[\]{},;:'"]+@[^\s<>()[\]{},;:'"]+/g, '(an address)');
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON)}…` : line;
}
