/** A statement over so many tokens at first: nothing is known yet of how many are told of each. */
export const FIRST_SIZE = 100;
const SMALLEST_SIZE = 1;
const LARGEST_SIZE = 5_000;
/** How long one statement is to take. */
const AIM_MILLISECONDS = 250;

/**
 * How many tokens the next statement looks at, when the last one took so long for so many: at most twice as many, and as few as it
 * takes, for an account with a thousand members makes a thousand rows of each of its tokens.
 */
export function nextSize(size: number, tookMilliseconds: number): number {
  const fitting = Math.floor((size * AIM_MILLISECONDS) / Math.max(tookMilliseconds, 1));
  return Math.max(SMALLEST_SIZE, Math.min(fitting, 2 * size, LARGEST_SIZE));
}

/** How many tokens a statement looks at when the one before, over so many, got nowhere: from the largest to a single one in six steps. */
export function fewerAgain(size: number): number {
  return Math.max(SMALLEST_SIZE, Math.floor(size / 4));
}
