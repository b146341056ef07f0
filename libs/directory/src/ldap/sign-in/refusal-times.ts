import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';

const MOST_ENTRIES = 15;
const MOST_OF_ONE = 5;
// Timers are a millisecond off; the rest is waited for turn by turn.
const TIMER_MS = 1;

/**
 * How long servers take to refuse a password that they compared. A server that hashes slowly answers at once for a name
 * that it does not know, an entry that is locked or one without a password, mostly with the very code of a wrong
 * password, and so tells them apart. Every refusal takes as long as comparing does.
 */
export class RefusalTimes {
  // The last of each entry, the one that was noted last at the end.
  private readonly times = new Map<string, readonly number[]>();

  /**
   * Notes the time of a refusal that is likely to be that of a comparison, in milliseconds from connecting to its result.
   * @param dn whose password was tried: however often, one entry counts as one
   */
  note(dn: string, milliseconds: number): void {
    const ofOne = [...(this.times.get(dn) ?? []), milliseconds].slice(-MOST_OF_ONE);
    this.times.delete(dn);
    this.times.set(dn, ofOne);
    const [longestAgo] = this.times.keys();
    if (this.times.size > MOST_ENTRIES && longestAgo !== undefined) this.times.delete(longestAgo);
  }

  /** What a comparison takes, in milliseconds: the median of the entries, each by its own; 0 where none was seen yet. */
  get ofComparison(): number {
    return medianOf([...this.times.values()].map(medianOf));
  }

  /**
   * Waits until a refusal has taken what a comparison takes, or until nobody can wait any longer.
   * @param begun when it began, by `performance.now()`
   */
  async waitFrom(begun: number, signal: AbortSignal): Promise<void> {
    const until = begun + this.ofComparison;
    const left = () => (signal.aborted ? 0 : until - performance.now());
    if (left() > TIMER_MS) await wait(left() - TIMER_MS, undefined, { signal }).catch(() => undefined);
    while (left() > 0) await turn();
  }
}

function medianOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
