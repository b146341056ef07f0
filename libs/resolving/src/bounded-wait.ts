import { unavailable } from '@tokenwarden/vocabulary';

/**
 * What `work` gives, if it does so in time. Later it is let go: it ends by its own time-out, and nobody hears of it.
 * @throws Problem `UNAVAILABLE` when time is up
 */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(unavailable('The database does not answer in time. Try again in a moment.')),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, timeIsUp]);
  } finally {
    clearTimeout(timer);
  }
}
