import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';

const MOST_KEPT = 15;
// Timers are a millisecond off; the rest is waited for turn by turn.
const TIMER_MS = 1;
// Below this the difference is noise, and waiting for it would add some.
const WORTH_WAITING_MS = 0.5;

/**
 * How long servers take to refuse a password that they compared, and one that they did not: a server that hashes slowly
 * answers at once for a name that it does not know, and so tells that it does not know it. Whoever is refused without a
 * comparison waits for the difference.
 */
export class RefusalTimes {
  private compared: readonly number[] = [];
  private notCompared: readonly number[] = [];

  /** Notes a bind, in milliseconds from connecting to its result. */
  note(milliseconds: number, { wasCompared }: { wasCompared: boolean }): void {
    if (wasCompared) this.compared = [...this.compared, milliseconds].slice(-MOST_KEPT);
    else this.notCompared = [...this.notCompared, milliseconds].slice(-MOST_KEPT);
  }

  /** What is missing to the time of a comparison, in milliseconds; 0 where none was seen yet. */
  get missing(): number {
    const difference = medianOf(this.compared) - medianOf(this.notCompared);
    return difference > WORTH_WAITING_MS ? difference : 0;
  }

  /** Waits for what is missing. */
  async waitForMissing(): Promise<void> {
    const until = performance.now() + this.missing;
    const left = () => until - performance.now();
    if (left() > TIMER_MS) await wait(left() - TIMER_MS);
    while (left() > 0) await turn();
  }
}

function medianOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
