import { endedBy } from './patience.js';

/** There were too many waiting already, or it was closed: nobody waits for nothing. */
export class NoPlace extends Error {
  override readonly name = 'NoPlace';

  constructor(readonly isClosed: boolean) {
    super(isClosed ? 'It is closed.' : 'Too many are waiting.');
  }
}

/** Who may do something of which only so much is done at once; the others wait in a row, and only so many of them. */
export class Places {
  private taken = 0;
  private isClosed = false;
  private readonly waiting: { readonly enter: () => void; readonly refuse: (reason: Error) => void }[] = [];

  constructor(
    private readonly most: number,
    private readonly mostWaiting: number,
  ) {}

  /** How many are doing it now. */
  get inUse(): number {
    return this.taken;
  }

  /**
   * Does the work as soon as there is a place for it.
   * @throws NoPlace where too many wait, or it was closed; WaitingEnded where the signal ends the wait
   */
  async with<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    await this.take(signal);
    try {
      return await work();
    } finally {
      this.taken -= 1;
      this.waiting.shift()?.enter();
    }
  }

  /** Refuses whoever waits and whoever comes. */
  close(): void {
    this.isClosed = true;
    for (const { refuse } of this.waiting.splice(0)) refuse(new NoPlace(true));
  }

  private async take(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) throw endedBy(signal);
    if (this.isClosed) throw new NoPlace(true);
    if (this.taken >= this.most || this.waiting.length > 0) {
      if (this.waiting.length >= this.mostWaiting) throw new NoPlace(false);
      await this.turn(signal);
    } else {
      this.taken += 1;
    }
  }

  private async turn(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(one), 1);
        reject(endedBy(signal));
      };
      const stopWaiting = () => signal?.removeEventListener('abort', leave);
      const one = {
        // The place is counted here, not where the waiting goes on: between the two nobody else may take it.
        enter: () => {
          this.taken += 1;
          stopWaiting();
          resolve();
        },
        refuse: (reason: Error) => {
          stopWaiting();
          reject(reason);
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waiting.push(one);
    });
  }
}
