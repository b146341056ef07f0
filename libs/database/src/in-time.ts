import { unavailable } from '@tokenwarden/vocabulary';

/**
 * What `work` gives, if it does so within so many seconds. A hanging Postgres holds the connect, the statement and the
 * rollback up one after the other, each within its own bound; whoever waits for all of them together needs one more.
 * Work that comes too late ends by itself, and nobody hears of it.
 * @throws Problem `UNAVAILABLE` when time is up
 */
export async function inTime<T>(seconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<never>((_, reject) => {
    // Made when it is needed: an error's stack costs more than the statement that it would be for.
    timer = setTimeout(
      () => reject(unavailable('The database does not answer in time. Try again in a moment.')),
      seconds * 1_000,
    );
  });
  // Whatever becomes of work that nobody waits for any more, it was answered already.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, timeIsUp]);
  } finally {
    clearTimeout(timer);
  }
}
