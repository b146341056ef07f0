import { describe, expect, it } from '@jest/globals';
import { warningWorldForSpecs } from '../../test/warning-world.js';

const world = warningWorldForSpecs();

describe('a cap whose rows are still to be written', () => {
  it.each([true, false])(
    'is not waited for: what it moves into reach is warned of (dry: %s)',
    async (dryRun) => {
      const id = await world.token({ ends: '300 days', userId: await world.user('grace', { email: null }) });
      await world.sql(
        `WITH cap AS (INSERT INTO bulk_caps (id, decided_at, author, policy_version, enforce_from, maxima, token_count)
         VALUES (gen_random_uuid(), now(), '{}', 1, date_trunc('second', now() + interval '3 days'), '{"interactive": 60}', 1) RETURNING id)
       INSERT INTO bulk_cap_sets SELECT id, $1::uuid, $1::uuid, ARRAY[$1::uuid] FROM cap`,
        [id],
      );
      const one = await world.another({ smtp: { host: '127.0.0.1', port: 9 } });
      expect(await one.run({ dryRun })).toMatchObject({ state: 'SUCCEEDED', examined: 1, affected: 1 });
      expect(await world.sql('SELECT FROM bulk_cap_sets WHERE written_at IS NULL')).toHaveLength(1);
      expect(await world.warnings()).toHaveLength(dryRun ? 0 : 1);
    },
  );

  it('is waited for where it moves very many ends, until it is written', async () => {
    await world.sql(
      `INSERT INTO bulk_caps (id, decided_at, author, policy_version, enforce_from, maxima, token_count)
       VALUES (gen_random_uuid(), now(), '{}', 1, date_trunc('second', now()), '{"interactive": 60}', 50001)`,
    );
    const one = await world.another({ smtp: { host: '127.0.0.1', port: 9 } });
    let hasEnded = false;
    const run = one.run({ dryRun: false }).finally(() => (hasEnded = true));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(hasEnded).toBe(false);
    await world.sql('UPDATE bulk_caps SET written_at = now()');
    expect(await run).toMatchObject({ state: 'SUCCEEDED' });
  });
});
