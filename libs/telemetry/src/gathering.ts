/** How long a scrape waits for one gauge: a database that hangs must not take the whole page with it. */
const LONGEST_WAIT_MILLISECONDS = 2_000;
/** `/metrics` is open: simultaneous and hurried scrapes share one count. */
const KEPT_MILLISECONDS = 1_000;

/**
 * A value that is expensive to read, read when somebody looks: once for all who look within a second, and given up after two
 * seconds. Undefined where it could not be read: an absent gauge is honest, an old or zero one is not.
 */
export class Gathering<T> {
  #latest: Promise<T | undefined> | undefined;
  #readAt = -Infinity;

  constructor(
    private readonly read: () => Promise<T>,
    private readonly onFault: (error: unknown) => void,
    private readonly monotonicMilliseconds: () => number = () => performance.now(),
  ) {}

  value(): Promise<T | undefined> {
    const now = this.monotonicMilliseconds();
    if (this.#latest === undefined || now - this.#readAt >= KEPT_MILLISECONDS) {
      this.#readAt = now;
      this.#latest = this.#gather();
    }
    return this.#latest;
  }

  async #gather(): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('It took too long.')), LONGEST_WAIT_MILLISECONDS);
    });
    try {
      return await Promise.race([this.read(), tooLate]);
    } catch (error) {
      this.onFault(error);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
