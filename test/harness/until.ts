import { setTimeout as pause } from 'node:timers/promises';

const STEP_MILLISECONDS = 20;

/**
 * Asks again and again until the answer is yes.
 * @param question What is asked; an exception counts as no
 * @param patience How long at most
 * @param patience.seconds In seconds; 25 unless told
 * @returns How many seconds it took
 * @throws Error, with the last exception as its cause, when it is still no
 */
export async function until(
  question: () => Promise<boolean> | boolean,
  { seconds = 25 }: { readonly seconds?: number } = {},
): Promise<number> {
  const began = performance.now();
  let cause: unknown;
  while (performance.now() - began < seconds * 1000) {
    try {
      if (await question()) return (performance.now() - began) / 1000;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await pause(STEP_MILLISECONDS);
  }
  throw new Error(`Still not so after ${seconds} s.`, { cause });
}
