import { describe, expect, it } from '@jest/globals';
import type { HousekeepingTask } from '@tokenwarden/vocabulary';
import { BY_HAND, DRY, housekeepingForSpecs } from '../test/running-housekeeping.js';
import { RunFailed, type RunWork } from './runs/run.js';
import { housekeepingWarnings } from './housekeeping-warnings.js';

const housekeeping = housekeepingForSpecs();
const warnings = () => housekeeping.database.read(housekeepingWarnings);

const fail =
  (reason: string, isFault = true): RunWork =>
  () =>
    Promise.reject(new RunFailed(reason, { isFault }));
async function run(task: HousekeepingTask, work?: RunWork, start = BY_HAND) {
  const { runs } = await housekeeping.another({ task });
  return (await runs.begin(task, start, work)).ended;
}

describe('what /health/ready says of housekeeping', () => {
  it('is each task that fails, since its first fault, with the reason of the last, until a run goes through', async () => {
    expect(await warnings()).toEqual([]);
    const first = await run('EXPIRY_WARNINGS', fail('SMTP_URL is not set.'));
    await run('EXPIRY_WARNINGS', fail('Nobody could be told. 550 <grace@example.org> is unknown'));
    await run('PURGE', fail('It took too long.'));
    expect(await warnings()).toEqual([
      `The housekeeping task EXPIRY_WARNINGS has been failing since ${first.finishedAt?.toISOString()}. The log and ` +
        'housekeepingRuns say more than this: Nobody could be told. 550 <(an address)> is unknown',
      expect.stringContaining('PURGE has been failing since'),
    ]);
    await run('EXPIRY_WARNINGS');
    expect(await warnings()).toEqual([expect.stringContaining('task PURGE')]);
    const anew = await run('EXPIRY_WARNINGS', fail('SMTP_URL is not set.'));
    expect((await warnings())[0]).toContain(`failing since ${anew.finishedAt?.toISOString()}. `);
  });

  it('is nothing of runs that are dry or were refused, and those mend nothing', async () => {
    await run('PURGE', fail('Asked for too much.', false));
    await run('PURGE', fail('It took too long.'), DRY);
    expect(await warnings()).toEqual([]);
    await run('PURGE', fail('It took too long.'));
    await run('PURGE', undefined, DRY);
    await run('PURGE', fail('Asked for too much.', false));
    expect(await warnings()).toEqual([expect.stringContaining('It took too long.')]);
  });

  it('says once that the directory fails', async () => {
    await run('DIRECTORY_SYNC', fail('The server refused.'));
    expect(await warnings()).toEqual([expect.stringMatching(/^The synchronisation of the directory/)]);
  });
});
