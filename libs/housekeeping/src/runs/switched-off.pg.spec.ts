import { beforeEach, describe, expect, it } from '@jest/globals';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { keptTokensForSpecs } from '../../test/kept-tokens.js';
import { BY_HAND } from '../../test/running-housekeeping.js';
import { idle, purge, warn } from '../../test/tasks-by-policy.js';

const kept = keptTokensForSpecs();
const SCHEDULED = { trigger: 'SCHEDULE', by: SYSTEM, dryRun: false } as const;
const ALL = 5_000;

const TASKS = [
  ['PURGE', 'purge', purge, { ends: '200 days', created: '300 days' }],
  [...(['EXPIRY_WARNINGS', 'expiryWarnings'] as const), warn, { ends: '-5 days', created: '300 days' }],
  ['IDLE_REVOCATION', 'idleRevocation', idle, { ends: '-5 days', created: '300 days' }],
] as const;

/** How many tokens something was done to. */
const done = async () =>
  ALL -
  (await kept.count()) +
  (await kept.events('token.warned')).length +
  (await kept.events('token.revoked')).length;

// Nobody has an address, and so no run waits for mail.
beforeEach(async () => {
  await kept.sql('UPDATE users SET email = NULL');
  await kept.setPolicy('idleRevocation', { after: 'PT1H', enabled: true });
  await kept.sql(`UPDATE use_tracking SET whole_since = clock_timestamp() - interval '9 hours'`);
});

/** A run whose task is switched off behind its first step. */
async function runSwitchedOff(
  [name, part, make, token]: (typeof TASKS)[number],
  start: typeof SCHEDULED | typeof BY_HAND,
) {
  await kept.tokens(ALL, token);
  const one = await kept.another(make);
  let steps = 0;
  const { ended } = await one.runs.begin(name, start, (context) =>
    one.task.run({
      ...context,
      write: async (work) => {
        const written = await context.write(work);
        steps += 1;
        if (steps === 1) await kept.setPolicy(part, { enabled: false });
        return written;
      },
    }),
  );
  return ended;
}

describe.each(TASKS)('%s that is switched off while a run is at it', (...task) => {
  it('ends before its next step, and says what it did by then', async () => {
    const run = await runSwitchedOff(task, SCHEDULED);
    expect(run).toMatchObject({ state: 'SUCCEEDED', error: null, details: { switchedOff: true } });
    expect(run.affected).toBe(await done());
    expect(run.affected).toBeLessThan(ALL);
  });

  it('goes on where somebody began it by hand', async () => {
    const run = await runSwitchedOff(task, BY_HAND);
    expect(run).toMatchObject({ state: 'SUCCEEDED', affected: ALL });
    expect(run.details).not.toHaveProperty('switchedOff');
  });
});

it('IDLE_REVOCATION that is switched off says how many it revoked by then', async () => {
  await kept.tokens(450, { ends: '-5 days', created: '300 days' });
  await kept.run(await kept.another(idle));
  await kept.sql(
    `UPDATE token_warnings SET decided_at = decided_at - interval '2 hours', sent_at = sent_at - interval '2 hours'`,
  );
  const one = await kept.another(idle);
  const { ended } = await one.runs.begin('IDLE_REVOCATION', SCHEDULED, (context) =>
    one.task.run({
      ...context,
      write: async (work) => {
        const written = await context.write(work);
        await kept.setPolicy('idleRevocation', { enabled: false });
        return written;
      },
    }),
  );
  expect(await ended).toMatchObject({
    state: 'SUCCEEDED',
    affected: 200,
    details: { revoked: 200, switchedOff: true },
  });
  expect(await kept.events('token.revoked')).toHaveLength(200);
});
