/**
 * The name that a slip of the pen most likely meant: the one with the fewest letters put in, left out or replaced, for its
 * length.
 * @returns undefined where less than a third of the letters are the same: then nobody can tell
 */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const [nearest] = names
    .map((name) => ({ name, apart: distance(written, name) / Math.max(written.length, name.length) }))
    .sort((a, b) => a.apart - b.apart);
  return nearest && nearest.apart <= 2 / 3 ? nearest.name : undefined;
}

/** How many letters must be put in, left out or replaced to make one of the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
