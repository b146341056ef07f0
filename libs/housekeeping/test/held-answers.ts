import { expect } from '@jest/globals';
import { directoryStanding } from '../src/directory-sync/directory-standing.queries.js';
import {
  ADA_IN_SESSION,
  instanceInStepForSpecs,
  people,
  syncWorldForSpecs,
  type People,
} from './sync-world.js';

/** What the tests of one file need that accept held answers, on an instance in step with twenty active users. */
export function heldAnswersForSpecs() {
  const world = syncWorldForSpecs();
  const one = instanceInStepForSpecs(world);
  return {
    world,
    one,
    /** The directory says this from now on, and it is held; gives the id of the run. */
    held: async (said: People): Promise<string> => {
      await world.says(said);
      const run = await one.synchronise();
      expect(run).toMatchObject({ state: 'HELD' });
      return run.id;
    },
    accept: (runId: string, reason: string | null = null, instance = one) =>
      instance.acceptance.accept(ADA_IN_SESSION, { runId, reason }),
    failingSince: async () => (await world.database.read(directoryStanding)).failingSince,
    /** Which answer is held. */
    waiting: () => world.sql('SELECT run_id FROM directory_held_answers'),
    sixGone: () => people(6, 19),
  };
}
