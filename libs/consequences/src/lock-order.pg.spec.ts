import { beforeEach, describe, expect, it } from '@jest/globals';
import { rows } from '@tokenwarden/database';
import { until } from '../../../test/harness/index.js';
import { worldForSpecs, type World } from '../test/world.js';

const world = worldForSpecs();
let [leaver, disabled, enabled]: string[] = [];
beforeEach(async () => {
  [leaver, disabled, enabled] = await world.adds(3);
});

const somebodyWaits = async () =>
  (
    await world.sql(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
  ).length > 0;

/** A token of each: whose id is lowest is said by `first`. */
async function tokenOfEach(first: string): Promise<string[]> {
  const owners = [leaver, disabled, enabled].map((id) => id ?? '');
  const others = owners.filter((id) => id !== first);
  const ids = ['00000000', '11111111', '22222222'].map((start) => `${start}-0000-4000-8000-000000000000`);
  for (const [i, owner] of [first, ...others].entries()) {
    const [id] = await world.tokens(1, owner);
    await world.sql('UPDATE access_tokens SET id = $1 WHERE id = $2', [ids[i], id]);
  }
  return ids;
}

describe('a change of the directory that suspends and revokes tokens of several users', () => {
  it.each([
    ['removed', () => leaver],
    ['disabled', () => disabled],
    ['enabled', () => enabled],
  ])(
    'waits in no circle for whoever locks them in the order of their ids: the first is of the %s one',
    async (_, first) => {
      const ids = await tokenOfEach(first() ?? '');
      // What was decided of somebody with very many tokens, who is enabled before it was written.
      world.says([enabled ?? ''], false);
      await world.database.transaction(async (tx) => {
        await world.apply(tx);
        await rows(tx, 'UPDATE access_tokens SET suspended_at = NULL, suspended_by = NULL');
        await rows(tx, 'INSERT INTO waiting_suspensions VALUES ($1, clock_timestamp())', [enabled]);
      });
      world.says([enabled ?? ''], true);
      world.says([disabled ?? ''], false);
      world.forgets([leaver ?? '']);
      let syncing: ReturnType<World['sync']> | undefined;
      await world.database.transaction(
        async (tx) => {
          const lock = (id: string | undefined) =>
            rows(tx, 'SELECT FROM access_tokens WHERE id = $1 FOR NO KEY UPDATE', [id]);
          await lock(ids[0]);
          syncing = world.sync();
          await until(somebodyWaits);
          await lock(ids[1]);
          await lock(ids[2]);
        },
        { withinSeconds: 30 },
      );
      expect(await syncing).toMatchObject({ suspendedTokens: 1, revokedTokens: 1 });
      expect(await world.waiting()).toEqual([]);
      const left = await world.sql(
        'SELECT FROM access_tokens WHERE id = ANY($1::uuid[]) AND suspended_at IS NULL AND revoked_at IS NULL',
        [ids],
      );
      expect(left).toEqual([]);
    },
  );
});
