import type { Transaction } from '@tokenwarden/database';
import { directoryStanding } from './directory-standing.queries.js';

/** What an operator should know of the directory now, for `/health/ready`: open to everybody, so it names nobody. */
export async function directoryWarnings(tx: Transaction): Promise<readonly string[]> {
  const { heldSince, failingSince } = await directoryStanding(tx);
  return [
    ...(heldSince
      ? [
          `An answer of the directory has been held since ${heldSince.toISOString()} and waits for an administrator: look ` +
            'at housekeepingRuns, and accept it with acceptDirectoryChanges if it is right.',
        ]
      : []),
    ...(failingSince
      ? [
          `The synchronisation of the directory has been failing since ${failingSince.toISOString()}: the last good copy ` +
            'stays in force. The log and housekeepingRuns say why.',
        ]
      : []),
  ];
}
