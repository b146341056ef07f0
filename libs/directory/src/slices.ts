import { setImmediate } from 'node:timers/promises';

// Short beside the time in which a service waits for its answer about a token.
const SLICE_MILLISECONDS = 5;

/**
 * Parts a long calculation into slices, so that whoever resolves a token meanwhile waits for one slice and not for a
 * whole company.
 */
export class Slices {
  private until = performance.now() + SLICE_MILLISECONDS;

  /** @param signal ends the calculation at its next slice */
  constructor(private readonly signal?: AbortSignal) {}

  /**
   * To be awaited every few hundred steps: lets everybody else have their turn where the slice is over.
   * @throws what the signal was aborted with
   */
  async rest(): Promise<void> {
    this.signal?.throwIfAborted();
    if (performance.now() < this.until) return;
    await setImmediate();
    this.until = performance.now() + SLICE_MILLISECONDS;
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
