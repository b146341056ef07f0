import type { Transaction } from '@tokenwarden/database';
import { directoryWarnings } from './directory-sync/directory-warnings.js';
import { failingTasks } from './runs/failing-tasks.queries.js';
import { reasonForAll } from './runs/reason-for-all.rules.js';

/**
 * What an operator should know of housekeeping now, for `/health/ready`: what is held, and each task that fails, once, since when
 * and why. Open to everybody, so it names nobody.
 */
export async function housekeepingWarnings(tx: Transaction): Promise<readonly string[]> {
  const failing = await failingTasks(tx);
  return [
    ...(await directoryWarnings(tx)),
    ...failing
      .filter(({ task }) => task !== 'DIRECTORY_SYNC') // said above, with what it means
      .map(
        ({ task, since, reason }) =>
          `The housekeeping task ${task} has been failing since ${since.toISOString()}. The log and housekeepingRuns ` +
          `say more than this: ${reasonForAll(reason)}`,
      ),
  ];
}
