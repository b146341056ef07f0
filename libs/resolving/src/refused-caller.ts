import { record } from '@tokenwarden/audit';
import type { Database } from '@tokenwarden/database';
import { authorOf, Problem, type Caller } from '@tokenwarden/vocabulary';

/**
 * Does what `right` asks for; where it refuses, that goes into the trail before it is answered: a call by a token beyond
 * its scopes is one of the attempts that are recorded.
 * @throws Problem the refusal of `right`; `UNAVAILABLE` where it cannot be recorded
 */
export async function recordRefusedCaller(
  database: Database,
  caller: Caller,
  operation: string,
  right: () => void,
): Promise<void> {
  try {
    right();
  } catch (refusal) {
    if (!(refusal instanceof Problem)) throw refusal;
    const details = { operation, code: refusal.code };
    await database.transaction((tx) =>
      record(tx, { action: 'authorization.refused', outcome: 'REFUSED', by: authorOf(caller), details }),
    );
    throw refusal;
  }
}
