import { besideOwnClock, databaseNow, type Transaction } from '@tokenwarden/database';
import { RunFailed } from './run.js';

/**
 * Thrown where the clocks of the database and of this process are more than 5 s apart: nobody knows then what has ended, and
 * whatever is removed by the wrong one is gone.
 */
export class ClocksApart extends RunFailed {}

/**
 * The database's clock, where this process's says the same.
 * @throws ClocksApart
 */
export async function agreedNow(tx: Transaction): Promise<Date> {
  const { told, difference } = await besideOwnClock(() => databaseNow(tx));
  if (difference !== undefined) throw new ClocksApart(difference);
  return told;
}
