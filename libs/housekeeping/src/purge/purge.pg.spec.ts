import { describe, expect, it } from '@jest/globals';
import { keptTokensForSpecs, type KeepingInstance, type KeptToken } from '../../test/kept-tokens.js';
import { PurgeRun } from './purge-run.js';
import { countDue } from './purge.queries.js';
import { PurgeTask } from './purge.task.js';

const kept = keptTokensForSpecs();
const keeper = () => kept.another((database) => new PurgeTask(database));

/** Runs PURGE in a process of its own. */
async function purge(instance?: KeepingInstance) {
  return kept.run(instance ?? (await keeper()));
}

/** Whether a token that is like this is there after a run under the first policy, whose `after` is P90D. */
async function stays(token: KeptToken): Promise<boolean | undefined> {
  const id = await kept.token(token);
  await purge();
  return (await kept.areThere([id]))[0];
}

describe('a token is purged', () => {
  it.each<[string, KeptToken]>([
    ['expired 91 days ago', { ends: '91 days' }],
    ['expired 90 days and a minute ago', { ends: '90 days 1 minute' }],
    [
      'was revoked 91 days ago and would have lived on',
      { ends: '-100 days', created: '100 days', revoked: '91 days' },
    ],
    [
      'was revoked 91 days ago and expired a day ago',
      { ends: '1 day', created: '100 days', revoked: '91 days' },
    ],
    [
      'expired 91 days ago and was revoked yesterday: what ended it first counts',
      { ends: '91 days', revoked: '1 day' },
    ],
    ['was suspended when it expired', { ends: '91 days', suspended: '100 days' }],
  ])('that %s', async (_, token) => expect(await stays(token)).toBe(false));
});

describe('a token stays', () => {
  it.each<[string, KeptToken]>([
    ['is live, with nothing in any column that may be empty', {}],
    ['is live and a year old', { created: '365 days' }],
    ['is suspended for a year, and live', { created: '400 days', suspended: '365 days' }],
    ['expired 89 days ago', { ends: '89 days' }],
    [
      'was revoked 89 days ago and expired yesterday',
      { created: '100 days', ends: '1 day', revoked: '89 days' },
    ],
    ['was revoked 89 days ago and would have lived on', { created: '100 days', revoked: '89 days' }],
    ['was last used a year ago', { created: '400 days', used: '365 days' }],
  ])('that %s', async (_, token) => expect(await stays(token)).toBe(true));

  it('at the very moment, and not a millisecond later', async () => {
    await kept.setPolicy('purge', { after: 'PT1M' });
    const id = await kept.token({ ends: '10 minutes' });
    const [row] = await kept.sql<{ ends_at: Date }>('SELECT ends_at FROM access_tokens WHERE id = $1', [id]);
    const moment = (row?.ends_at.getTime() ?? 0) + 60_000;
    const purgeAt = async (at: Date) => {
      const { task } = await keeper();
      const work = async (context: ConstructorParameters<typeof PurgeRun>[0]) => {
        await new PurgeRun(context, at).purgeUntil(Infinity);
        return { state: 'SUCCEEDED', examined: 0, affected: 0 } as const;
      };
      await kept.run(await kept.another(() => task), {}, work);
      return kept.areThere([id]);
    };
    expect(await purgeAt(new Date(moment))).toEqual([true]);
    expect(await purgeAt(new Date(moment + 1))).toEqual([false]);
  });

  it.each([
    'description',
    'scopes',
    'first_used_at',
    'predecessor_id',
    'rotated_at',
    'suspended_at, suspended_by',
    'revoked_at, revoked_by',
  ])('that is live, whatever else it has, where nothing is in %s', async (columns) => {
    await kept.setPolicy('purge', { after: 'PT1S' });
    const before = await kept.token({ created: '10 days' });
    const id = await kept.token({
      created: '10 days',
      suspended: '9 days',
      used: '8 days',
      predecessorId: before,
    });
    await kept.sql(
      `UPDATE access_tokens SET description = 'all', scopes = '{a:b}', rotated_at = now() WHERE id = $1`,
      [id],
    );
    await kept.sql(
      `UPDATE access_tokens SET ${columns
        .split(', ')
        .map((column) => `${column} = NULL`)
        .join(', ')} WHERE id = $1`,
      [id],
    );
    expect(await purge()).toMatchObject({ state: 'SUCCEEDED', affected: 0 });
    expect(await kept.areThere([before, id])).toEqual([true, true]);
  });
});

describe('what is left of a purged token', () => {
  it('is its event, beside all that the trail had of it', async () => {
    const id = await kept.token({ ends: '91 days', revoked: '1 day', name: 'nightly' });
    await kept.sql(
      `INSERT INTO audit_pending_events (action, outcome, actor_kind, actor_name, target_type, target_id, target_name)
       VALUES ('token.created', 'SUCCEEDED', 'SYSTEM', 'Tokenwarden', 'token', $1, 'nightly')`,
      [id],
    );
    const [row] = await kept.sql<{ ends_at: Date }>('SELECT ends_at FROM access_tokens WHERE id = $1', [id]);
    await purge();
    expect(await kept.events('token.purged')).toEqual([
      {
        target_id: id,
        target_name: 'nightly',
        actor_name: 'Tokenwarden',
        details: { kind: 'USER', principalId: kept.userId, endedAt: row?.ends_at.toISOString() },
      },
    ]);
    expect(await kept.events('token.created')).toHaveLength(1);
  });

  it('is nothing of its uses, of its usage days and of what it was warned of', async () => {
    const [gone = '', live = ''] = [await kept.token({ ends: '91 days' }), await kept.token()];
    await kept.use([gone, live], '95 days');
    for (const id of [gone, live]) {
      await kept.sql(
        `WITH warning AS (INSERT INTO token_warnings (token_id, kind, ends_at, threshold_seconds, decided_at)
           SELECT id, 'EXPIRY', ends_at, 86400, now() FROM access_tokens WHERE id = $1 RETURNING id)
         INSERT INTO token_warning_recipients (warning_id, channel, user_id) SELECT id, 'EMAIL', $2 FROM warning`,
        [id, kept.userId],
      );
      await kept.sql(
        `INSERT INTO token_warnings (token_id, kind, threshold_seconds, decided_at) VALUES ($1, 'IDLE', 60, now())`,
        [id],
      );
    }
    await purge();
    const left = async (table: string) =>
      (await kept.sql<{ token_id: string }>(`SELECT token_id FROM ${table}`)).map((row) => row.token_id);
    expect(await left('token_uses')).toEqual([live]);
    expect(await left('token_usage_days')).toEqual([live]);
    expect(await left('token_warnings')).toEqual([live, live]);
    expect(await kept.sql('SELECT FROM token_warning_recipients')).toHaveLength(1);
  });

  it('is no link: a successor has no predecessor any more, and the trail names it', async () => {
    const first = await kept.token({ ends: '95 days' });
    const second = await kept.token({ ends: '91 days', predecessorId: first });
    const third = await kept.token({ predecessorId: second });
    const gone = await kept.token({ ends: '1 day', revoked: '91 days', predecessorId: third });
    await purge();
    expect(await kept.sql('SELECT id, predecessor_id FROM access_tokens')).toEqual([
      { id: third, predecessor_id: null },
    ]);
    const told = new Map(
      (await kept.events('token.purged')).map(({ target_id, details }) => [
        target_id,
        details['predecessorId'],
      ]),
    );
    expect(told).toEqual(
      new Map([
        [first, undefined],
        [second, first],
        [gone, third],
      ]),
    );
  });
});

describe('a run of PURGE', () => {
  it('removes all that is due in batches, whichever way it ended, each with one event, and says so', async () => {
    const expired = await kept.tokens(2_700, { ends: '100 days' });
    const revoked = await kept.tokens(1_300, { ends: '-10 days', created: '200 days', revoked: '91 days' });
    const live = await kept.tokens(50);
    expect(await purge()).toMatchObject({
      state: 'SUCCEEDED',
      examined: 4_000,
      affected: 4_000,
      details: { after: 'P90D', endedBefore: expect.stringMatching(/Z$/) },
    });
    expect(await kept.count()).toBe(50);
    expect(await kept.areThere(live)).toEqual(live.map(() => true));
    const told = (await kept.events('token.purged')).map(({ target_id }) => target_id).sort();
    expect(told).toEqual([...expired, ...revoked].sort());
  });

  it('goes by the policy in force, and by hand also where its schedule is off', async () => {
    await kept.tokens(3, { ends: '2 hours' });
    expect(await purge()).toMatchObject({ affected: 0 });
    await kept.setPolicy('purge', { after: 'PT1H', enabled: false });
    expect(await purge()).toMatchObject({ affected: 3, details: { after: 'PT1H' } });
  });

  it('removes no more than a policy allows that comes while it is at it', async () => {
    await kept.tokens(2_500, { ends: '100 days' });
    const instance = await keeper();
    let batches = 0;
    const run = await kept.run(instance, {}, (context) =>
      instance.task.run({
        ...context,
        write: async (work) => {
          if ((batches += 1) === 2) await kept.setPolicy('purge', { after: 'P365D' });
          return context.write(work);
        },
      }),
    );
    expect(run).toMatchObject({ state: 'SUCCEEDED', affected: 2_000 });
    expect(await kept.count()).toBe(500);
  });

  it('that is dry says how many it would remove, and removes none', async () => {
    await kept.tokens(1_200, { ends: '91 days' });
    await kept.tokens(30, { created: '200 days', revoked: '91 days' });
    await kept.tokens(5, { ends: '89 days' });
    const run = await kept.run(await keeper(), { dryRun: true });
    expect(run).toMatchObject({ state: 'SUCCEEDED', dryRun: true, examined: 1_230, affected: 1_230 });
    expect(await kept.count()).toBe(1_235);
    expect(await kept.events('token.purged')).toEqual([]);
  });

  it('runs when the policy says so', async () => {
    const { task } = await keeper();
    const [version] = await kept.sql<{ document: Parameters<typeof task.timing>[0] }>(
      'SELECT document FROM policy_versions',
    );
    expect(version && task.timing(version.document)).toEqual({ schedule: '30 3 * * *', isEnabled: true });
  });
});

describe('what is due', () => {
  const count = (most: number, signal = new AbortController().signal) =>
    kept.server.database.read((tx) => countDue(tx, { after: 'P90D', at: new Date() }, signal, most));

  it.each([1, 2, 3, 100])('is counted by pages of %i, each token once, however it ended', async (most) => {
    await kept.tokens(3, { ends: '91 days' });
    await kept.tokens(2, { created: '200 days', ends: '-1 day', revoked: '91 days' });
    await kept.tokens(2, { created: '200 days', ends: '91 days', revoked: '100 days' });
    await kept.tokens(1, { created: '200 days', ends: '1 day', revoked: '89 days' });
    await kept.tokens(1, {});
    expect(await count(most)).toBe(7);
    await purge();
    expect(await count(most)).toBe(0);
  });

  it('is counted no further once the run is to stop', async () => {
    await kept.tokens(3, { ends: '91 days' });
    await expect(count(1, AbortSignal.abort(new Error('Stop.')))).rejects.toThrow('Stop.');
  });
});
