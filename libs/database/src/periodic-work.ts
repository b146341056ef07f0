/** What a process does again and again in the background. */
export interface PeriodicTask {
  /** How long it rests between the end of one time and the beginning of the next. */
  readonly everyMilliseconds: number;
  /** One time. Work that takes long looks between its steps whether it is to stop. */
  readonly work: (stopping: AbortSignal) => Promise<void>;
  /** Told once when trouble begins, not of each time that fails since. Must not throw. */
  readonly onTrouble: (error: unknown) => void;
  /** Told once when the work succeeds again. Must not throw. */
  readonly onRecovered?: () => void;
  /** Told behind each time, after the two above. Must not throw. */
  readonly onTimeEnded?: (isInTrouble: boolean) => void;
}

/**
 * Work that a process does by itself as long as it runs: one time after the other, never two at once. What fails is tried
 * again after the rest, so the work must leave nothing half done. Its timer keeps no process alive.
 */
export class PeriodicWork {
  private running: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopping = AbortSignal.abort();
  private abort: () => void = () => undefined;
  private isAskedAgain = false;
  private isInTrouble = false;

  constructor(private readonly task: PeriodicTask) {}

  /** From now on it works by itself, the first time after one rest; `wake` it for at once. */
  start(): void {
    if (!this.stopping.aborted) return;
    const controller = new AbortController();
    this.stopping = controller.signal;
    this.abort = () => controller.abort();
    if (!this.running) this.rest();
  }

  /**
   * Begins at once where it rests. Asked while it works it does so once more behind that, however often it was asked; but
   * where that time fails, after the rest. Before the start and after the stop this does nothing.
   */
  wake(): void {
    if (this.stopping.aborted) return;
    this.isAskedAgain = true;
    if (this.running) return;
    clearTimeout(this.timer);
    this.running = this.workWhileAsked().finally(() => {
      this.running = undefined;
      if (!this.stopping.aborted) this.rest();
    });
  }

  /** Begins no more, and returns after what is under way. */
  async stop(): Promise<void> {
    this.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  private rest(): void {
    this.timer = setTimeout(() => this.wake(), this.task.everyMilliseconds);
    this.timer.unref();
  }

  private async workWhileAsked(): Promise<void> {
    do {
      this.isAskedAgain = false;
      await this.workOnce();
    } while (this.isAskedAgain && !this.isInTrouble && !this.stopping.aborted);
  }

  private async workOnce(): Promise<void> {
    const { work, onTrouble, onRecovered, onTimeEnded } = this.task;
    const wasInTrouble = this.isInTrouble;
    try {
      await work(this.stopping);
      this.isInTrouble = false;
      if (wasInTrouble) onRecovered?.();
    } catch (error) {
      this.isInTrouble = true;
      if (!wasInTrouble) onTrouble(error);
    }
    onTimeEnded?.(this.isInTrouble);
  }
}
