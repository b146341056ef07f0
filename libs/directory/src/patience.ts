/** How long somebody waits for an operation. */
export interface Patience {
  readonly milliseconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** Why waiting ended: time was over, or whoever waited does not want it any more. */
export class WaitingEnded extends Error {
  override readonly name = 'WaitingEnded';

  constructor(readonly isLate: boolean) {
    super(isLate ? 'Time is over.' : 'Nobody waits for it any more.');
  }
}

/**
 * What `start` settles, unless patience ends first; what it began is then the caller's to stop.
 * @throws WaitingEnded where patience ended, also before anything was begun
 */
export async function patiently<T>(
  { milliseconds, signal }: Patience,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  let stopWaiting = () => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      const end = () => reject(endedBy(signal));
      if (signal?.aborted) return end();
      const timer = setTimeout(() => reject(new WaitingEnded(true)), milliseconds);
      signal?.addEventListener('abort', end, { once: true });
      stopWaiting = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
      };
      start(resolve, reject);
    });
  } finally {
    stopWaiting();
  }
}

/** Why the signal is aborted: `AbortSignal.timeout` is a time that is over. */
export function endedBy(signal: AbortSignal | undefined): WaitingEnded {
  const reason: unknown = signal?.reason;
  const isTimeOut =
    typeof reason === 'object' && reason !== null && 'name' in reason && reason.name === 'TimeoutError';
  return new WaitingEnded(isTimeOut);
}
