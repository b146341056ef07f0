import { clockDifference } from './clock-difference.rules.js';

/** A moment of the database's clock beside this process's. */
export interface ComparedMoment<T> {
  readonly told: T;
  /** How far the clocks are apart, as a sentence for an operator; undefined where that is 5 s at the most. */
  readonly difference: string | undefined;
}

/**
 * Asks for something that tells a moment of the database's clock, and compares it with this process's clock.
 * @param ask one statement; a moment that is undefined is compared with nothing
 */
export async function besideOwnClock<T extends Date | undefined>(
  ask: () => Promise<T>,
): Promise<ComparedMoment<T>> {
  const asked = new Date();
  const told = await ask();
  const answered = new Date();
  return { told, difference: told && clockDifference({ asked, moment: told, answered }) };
}
