import { rows, type Database } from '@tokenwarden/database';
import { ensureFirstPolicy } from '@tokenwarden/policy';
import { capTokens, type CapOfMany } from '@tokenwarden/tokens';
import { SYSTEM } from '@tokenwarden/vocabulary';

/**
 * Three caps over the live ones of the mixed samples, none of them written into rows: of `interactive` each ends in the first
 * days of 2998, the later ones by a second cap on its fifth; `ephemeral` ends on that day by the second and has ended in 2026 by
 * the third.
 */
export async function capLiveTokens(database: Database): Promise<void> {
  const seconds = (until: string) => (Date.parse(until) - Date.parse('2026-01-01T00:00:00Z')) / 1_000;
  await database.transaction(ensureFirstPolicy);
  const caps: { enforceFrom: string; maxima: CapOfMany['maxima'] }[] = [
    { enforceFrom: '2026-02-01T00:00:00Z', maxima: { interactive: seconds('2998-01-01T00:00:00Z') } },
    { enforceFrom: '2998-01-05T00:00:00Z', maxima: { interactive: 1, ephemeral: 1 } },
    { enforceFrom: '2026-04-01T00:00:00Z', maxima: { ephemeral: 1 } },
  ];
  for (const [index, { enforceFrom, maxima }] of caps.entries()) {
    const policyVersion = index + 2;
    await database.transaction(async (tx) => {
      await rows(
        tx,
        `INSERT INTO policy_versions SELECT $1, document, created_at, created_by, reason FROM policy_versions WHERE version = 1`,
        [policyVersion],
      );
      const cap = { by: SYSTEM, reason: null, policyVersion, enforceFrom: new Date(enforceFrom), maxima };
      if ((await capTokens(tx, cap)) === 0) throw new Error('Each of these caps hits some.');
    });
  }
}
