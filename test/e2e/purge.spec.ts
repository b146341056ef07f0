import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { graphql, signIn, type SignedIn } from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { endOf, type ShownRun } from './directory-runs.js';
import { changeNow } from './policy-calls.js';
import { askForUserToken, isActive, issuedIn, userToken } from './token-calls.js';
import { startTwoInstances, type TwoInstances } from './two-instances.js';
import { until } from './waiting.js';

let instances: TwoInstances;
let looking: pg.Client;
let root: SignedIn;
let gwen: SignedIn;
let url: string;
let other: string;

beforeAll(async () => {
  instances = await startTwoInstances();
  url = instances.one.url;
  other = instances.other.url;
  [root, gwen] = await Promise.all([signIn(url, 'root', 'root-secret'), signIn(url, 'gwen', 'gwen-secret')]);
  looking = new pg.Client({ connectionString: instances.databaseUrl });
  await looking.connect();
}, 120_000);

afterAll(async () => {
  await looking?.end();
  await instances?.stop();
});

/** Begins a purge there. */
async function begin(at: string, dryRun = false): Promise<ShownRun> {
  const answer = await graphql<{ runHousekeeping: { run: ShownRun } }>(
    at,
    root,
    `
      mutation ($dryRun: Boolean!) {
        runHousekeeping(input: { task: PURGE, dryRun: $dryRun }) {
          run {
            id
            state
          }
        }
      }
    `,
    { dryRun },
  );
  return answer.data.runHousekeeping.run;
}

/** A purge there, from its beginning to its end. */
const purge = async (at: string, dryRun = false) => endOf(at, root, (await begin(at, dryRun)).id);

const recentPurges = async () =>
  (
    await graphql<{ housekeepingRuns: { nodes: ShownRun[] } }>(
      other,
      root,
      '{ housekeepingRuns(task: PURGE, first: 5) { nodes { id state error } } }',
    )
  ).data.housekeepingRuns.nodes;

const shown = async (id: string) =>
  (
    await graphql<{ token: { id: string; predecessor: { id: string } | null } | null }>(
      other,
      gwen,
      'query ($id: ID!) { token(id: $id) { id predecessor { id } } }',
      { id },
    )
  ).data.token;

describe('a purge by hand after a change of the policy', () => {
  it('removes what ended long enough ago under it, and the trail keeps it', async () => {
    const asked = { lifetime: 'P1D', idempotencyKey: 'the-first' };
    const first = issuedIn(await askForUserToken(url, gwen, asked));
    const rotated = await graphql<{ rotateToken: { token: { id: string }; accessToken: string } }>(
      url,
      gwen,
      'mutation ($input: RotateTokenInput!) { rotateToken(input: $input) { accessToken token { id } } }',
      { input: { id: first.id, overlap: 'PT0S' } },
    );
    const { token: successor, accessToken } = rotated.data.rotateToken;
    expect(await shown(successor.id)).toMatchObject({ predecessor: { id: first.id } });

    expect(await purge(url)).toMatchObject({ state: 'SUCCEEDED', affected: 0, details: { after: 'P90D' } });
    await changeNow(url, root, { purge: { after: 'PT1S' } });
    await until(async () => (await purge(other, true)).affected === 1, { seconds: 30 });
    expect(await shown(first.id)).toMatchObject({ id: first.id });
    expect(await purge(other)).toMatchObject({ state: 'SUCCEEDED', affected: 1, details: { after: 'PT1S' } });

    expect(await shown(first.id)).toBeNull();
    expect(await shown(successor.id)).toEqual({ id: successor.id, predecessor: null });
    const caller = await userToken(url, root);
    expect(await isActive(url, { token: caller.value }, accessToken)).toBe(true);
    const trail = (await auditLines(url, root)).filter(({ targetId }) => targetId === first.id);
    expect(trail.map(({ action }) => action)).toEqual(['token.created', 'token.rotated', 'token.purged']);
    expect(trail.at(-1)).toMatchObject({ actor: { kind: 'SYSTEM' }, details: { kind: 'USER' } });
    const repeated = await askForUserToken(url, gwen, asked);
    expect([repeated.code, repeated.field]).toEqual(['TOKEN_NOT_ACTIVE', 'idempotencyKey']);
  });
});

describe('a process that is frozen in the middle of a purge', () => {
  it('removes nothing when it wakes after another one took its place, and each token has one event', async () => {
    const live = await userToken(url, gwen, { lifetime: 'P1D' });
    await endedTokens(live.id, 40_000);
    await changeNow(url, root, { purge: { after: 'P1D' } });
    await begin(url);
    await until(async () => (await countOf('SELECT count(*) FROM access_tokens')) < 39_000, { seconds: 60 });
    process.kill(instances.one.pid, 'SIGSTOP');
    try {
      // As if a minute without a sign of it had passed. A transaction that it left open is ended by Postgres first.
      await until(
        async () => {
          await looking.query(
            `UPDATE housekeeping_runs SET lease_until = clock_timestamp() WHERE state = 'RUNNING'`,
          );
          return (await recentPurges()).some(({ error }) => error?.includes('stopped reporting'));
        },
        { seconds: 90 },
      );
      await until(async () => (await recentPurges())[0]?.state === 'SUCCEEDED', { seconds: 90 });
    } finally {
      process.kill(instances.one.pid, 'SIGCONT');
    }
    await until(async () => (await graphql(url, root, '{ viewer { __typename } }')).errors.length === 0, {
      seconds: 30,
    });
    const told = `SELECT count(DISTINCT target_id) FROM (SELECT action, target_id FROM audit_events
      UNION ALL SELECT action, target_id FROM audit_pending_events) AS events WHERE action = 'token.purged'`;
    expect(await countOf(told.replace('DISTINCT ', ''))).toBe(await countOf(told));
    expect(await countOf(told)).toBe(40_001); // and the one of the test before
    expect(await shown(live.id)).toMatchObject({ id: live.id });
  }, 240_000);
});

async function countOf(query: string): Promise<number> {
  const { rows } = await looking.query<{ count: string }>(query);
  return Number(rows[0]?.count);
}

/** So many tokens like this one that ended some days ago, without events of their own. */
async function endedTokens(id: string, count: number): Promise<void> {
  await looking.query(
    `INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, scopes, audiences, issuer, kid, created_at,
       created_by, expires_at, ends_at)
     SELECT gen_random_uuid(), kind, user_id, 'old', 'old', profile, scopes, audiences, issuer, kid, created_at - interval '9 days',
       created_by, expires_at - interval '9 days', ends_at - interval '9 days'
     FROM access_tokens, generate_series(1, $2::integer) WHERE id = $1`,
    [id, count],
  );
}
