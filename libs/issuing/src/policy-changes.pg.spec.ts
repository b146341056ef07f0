import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { changePolicy, currentPolicy, FIRST_POLICY, type AskedChange } from '@tokenwarden/policy';
import { holdOffBulkRevocations } from '@tokenwarden/tokens';
import { authorOf, durationSeconds, type Caller, type Duration } from '@tokenwarden/vocabulary';
import { World, type Instance } from '../test/world.js';

let world: World;
let ada: Caller;
let people: Caller[];
beforeEach(async () => {
  world = await World.begin();
  ada = await world.person();
  people = await Promise.all(Array.from({ length: 4 }, () => world.person()));
});
afterEach(() => world.end());

const change = (asked: Omit<AskedChange, 'existingTokens'> & Partial<AskedChange>) =>
  world.database.transaction((tx) => changePolicy(tx, authorOf(ada), { existingTokens: 'KEEP', ...asked }));

/** The profiles of the first policy, with this maximum for people. */
const withMaximum = (maximum: Duration) =>
  FIRST_POLICY.profiles.map(({ defaultLifetime, ...profile }) =>
    profile.name === 'interactive'
      ? { ...profile, maximum, default: maximum }
      : { ...profile, default: defaultLifetime },
  );
const maximumInForce = async (): Promise<Duration> => {
  const { document } = await world.database.read(currentPolicy);
  const [, { maximum } = { maximum: 'PT0S' }] = document.profiles;
  return maximum;
};

/** Everybody issues to themselves, again and again, until they are told to stop; as long as the policy lets them. */
function issueConstantly(instances: readonly Instance[]) {
  let isOver = false;
  const refusals: string[] = [];
  const loops = people.map(async (person, index) => {
    const { issuing } = instances[index % instances.length]!;
    while (!isOver) {
      try {
        await issuing.issueUserToken(person, { name: 'laptop', lifetime: await maximumInForce() });
      } catch (problem) {
        // Between the look and the issue the maximum fell.
        refusals.push((problem as { code: string }).code);
      }
    }
  });
  /** Until so many more are there. */
  const more = async (count: number) => {
    const issued = async () => (await world.sql('SELECT FROM access_tokens')).length;
    const before = await issued();
    while ((await issued()) < before + count) await new Promise((resolve) => setImmediate(resolve));
  };
  const stop = async () => {
    isOver = true;
    await Promise.all(loops);
    return refusals;
  };
  return { more, stop };
}

interface TrailLine {
  readonly action: string;
  readonly seconds: number | null;
  readonly version: number | null;
}

/** What the trail says, in its order: how long each token may live, and which version each change made. */
const trail = () =>
  world.sql<TrailLine>(
    `SELECT e.action, extract(epoch FROM t.ends_at - t.created_at)::float8 AS seconds,
       (e.details ->> 'version')::integer AS version
     FROM audit_pending_events e LEFT JOIN access_tokens t ON t.id::text = e.target_id
     WHERE e.action IN ('token.created', 'policy.updated') ORDER BY e.arrival`,
  );

describe('a maximum that falls while everybody issues', () => {
  it('is kept by every token that stands behind it in the trail, and no change waits for ever', async () => {
    const other = await world.anotherInstance();
    const issuing = issueConstantly([world, other]);
    const maxima = ['P29D', 'P28D', 'P27D', 'P26D', 'P25D', 'P24D', 'P23D', 'P22D'];
    for (const [index, maximum] of maxima.entries()) {
      await issuing.more(people.length);
      const changed = await change({
        expectedVersion: index + 1,
        changes: { profiles: withMaximum(maximum) },
      });
      expect(changed.policy.version).toBe(index + 2);
    }
    const refusals = await issuing.stop();
    await other.end();
    expect(refusals.filter((code) => code !== 'LIFETIME_EXCEEDS_POLICY')).toEqual([]);

    const lines = await trail();
    const issued = lines.filter(({ action }) => action === 'token.created');
    expect(issued.length).toBeGreaterThan(maxima.length);
    let longest = durationSeconds('P30D');
    for (const { action, seconds, version } of lines) {
      if (action === 'policy.updated')
        longest = durationSeconds(['P30D', ...maxima][(version ?? 1) - 1] ?? 'PT0S');
      else expect(seconds).toBeLessThanOrEqual(longest);
    }
  });

  it('ends with CAP each token that was issued before it, those of the last moment too', async () => {
    const issuing = issueConstantly([world]);
    await issuing.more(people.length);
    const first = await change({
      expectedVersion: 1,
      changes: { profiles: withMaximum('P2D') },
      existingTokens: 'CAP',
    });
    await issuing.stop();
    const lines = await trail();
    const before = lines.slice(
      0,
      lines.findIndex(({ version }) => version === 2),
    );
    const issuedBefore = before.filter(({ action }) => action === 'token.created').length;
    expect(first.capped).toBe(issuedBefore);
  });
});

describe('a change of the policy that waits for whoever issues', () => {
  const waiting = async () =>
    (
      await world.sql(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
    ).length;
  const untilWaiting = async (count: number) => {
    while ((await waiting()) < count) await new Promise((resolve) => setImmediate(resolve));
  };

  it('is made before those who begin to issue after it, and they go by it', async () => {
    const order: string[] = [];
    const person = people[0]!;
    const { changing, issuing } = await world.database.transaction(async (tx) => {
      await holdOffBulkRevocations(tx);
      const changes = { profiles: withMaximum('P5D') };
      const changed = change({ expectedVersion: 1, changes }).then(() => order.push('changed'));
      await untilWaiting(1);
      const issued = world.issuing
        .issueUserToken(person, { name: 'laptop', lifetime: 'P6D' })
        .catch((problem: { code: string }) => order.push(problem.code));
      await Promise.race([issued, untilWaiting(2)]);
      return { changing: changed, issuing: issued };
    });
    await Promise.all([changing, issuing]);
    expect(order).toEqual(['changed', 'LIFETIME_EXCEEDS_POLICY']);
  });
});
