import { setImmediate } from 'node:timers/promises';

// Short beside the time in which a service waits for its answer about a token.
const SLICE_MILLISECONDS = 5;

/** What goes with a long calculation. */
export interface Meanwhile {
  /** Ends the calculation at its next slice. */
  readonly signal?: AbortSignal | undefined;
  /** What must be done about once a second as long as it lasts. */
  readonly everySecond?: () => Promise<unknown>;
}

/**
 * Parts a long calculation into slices, so that whoever resolves a token meanwhile waits for one slice and not for a
 * whole company.
 */
export class Slices {
  private sliceEnd = performance.now() + SLICE_MILLISECONDS;
  private secondEnd = performance.now() + 1_000;

  constructor(private readonly meanwhile: Meanwhile = {}) {}

  /**
   * To be awaited every few hundred steps: lets everybody else have their turn where the slice is over.
   * @throws what the signal was aborted with
   */
  async rest(): Promise<void> {
    this.meanwhile.signal?.throwIfAborted();
    const now = performance.now();
    if (now < this.sliceEnd) return;
    if (now >= this.secondEnd) await this.meanwhile.everySecond?.();
    await setImmediate();
    this.sliceEnd = performance.now() + SLICE_MILLISECONDS;
    if (now >= this.secondEnd) this.secondEnd = performance.now() + 1_000;
  }

  /**
   * What a calculation gives that stops every few hundred steps.
   * @throws what the signal was aborted with
   */
  async resultOf<T>(calculation: Generator<void, T>): Promise<T> {
    for (;;) {
      const step = calculation.next();
      if (step.done) return step.value;
      await this.rest();
    }
  }
}
