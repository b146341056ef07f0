import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { graphql, signIn, type Credentials, type SignedIn } from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { BAD_CHANGES } from './bad-policies.js';
import { askForChange, changeNow, policyInForce, profilesWith } from './policy-calls.js';
import { askForUserToken, isActive, userToken } from './token-calls.js';
import { startTwoInstances, type TwoInstances } from './two-instances.js';
import { until } from './waiting.js';

let instances: TwoInstances;
let root: SignedIn;
let gwen: SignedIn;
/** A token that may do all of the policy's, and nothing else. */
let byToken: Credentials & { readonly token: string };
let url: string;
let other: string;

beforeAll(async () => {
  instances = await startTwoInstances();
  url = instances.one.url;
  other = instances.other.url;
  [root, gwen] = (await Promise.all(['root', 'gwen'].map((name) => signIn(url, name, `${name}-secret`)))) as [
    SignedIn,
    SignedIn,
  ];
  byToken = { token: (await userToken(url, root, { scopes: ['policy:*'] })).value };
}, 120_000);

afterAll(async () => {
  await instances?.stop();
});

const WAYS = [
  ['in a session', () => root],
  ['by token', () => byToken],
] as const;

describe('docs/operate/policy.md', () => {
  it('shows what can be sent as it stands, one after the other', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/operate/policy.md'), 'utf8');
    const { profiles } = await policyInForce(url, root);
    const documents = [...page.matchAll(/```graphql\n(.*?)```/gs)].map(([, document = '']) => document);
    expect(documents).toHaveLength(5);
    for (const document of documents) expect((await graphql(url, root, document)).errors).toEqual([]);
    expect(await policyInForce(url, root)).toMatchObject({ version: 3, reason: 'Laptops get lost' });
    await changeNow(url, root, { profiles });
  });
});

describe('a policy that cannot be', () => {
  describe.each(WAYS)('asked for %s', (_, caller) => {
    it.each(BAD_CHANGES.map((bad) => [bad.what, bad] as const))('is refused: %s', async (__, bad) => {
      const { version: expectedVersion } = await policyInForce(url, root);
      const answer = await askForChange(url, caller(), { expectedVersion, ...bad.input });
      const [error] = answer.errors;
      expect(error?.extensions).toMatchObject({ code: 'INVALID_INPUT', field: bad.field });
      expect(error?.message).toMatch(bad.says);
      expect(await policyInForce(url, root)).toMatchObject({ version: expectedVersion });
    });
  });

  it('is refused for its values before its version is looked at, and for that before it changes nothing', async () => {
    const { version } = await policyInForce(url, root);
    const stale = { expectedVersion: version + 1 };
    const bad = await askForChange(url, root, { ...stale, changes: { purge: { after: 'PT0S' } } });
    expect([bad.code, bad.field]).toEqual(['INVALID_INPUT', 'changes.purge.after']);
    const nothing = await askForChange(url, root, { ...stale, changes: {} });
    expect([nothing.code, nothing.field]).toEqual(['VERSION_CONFLICT', 'expectedVersion']);
  });
});

describe('a change of the policy', () => {
  it.each(WAYS)(
    'asked for %s is the next version, in the history with who, when, why and the difference',
    async (_, who) => {
      const before = await policyInForce(url, root);
      const description = `For people ${before.version}`;
      const profiles = profilesWith(before.profiles, 'interactive', { description });
      const { policy, capped } = await changeNow(url, who(), { profiles }, { reason: 'Say what it is.' });
      expect(capped).toBe(0);
      expect(policy).toEqual({ ...before, version: before.version + 1, reason: 'Say what it is.', profiles });
      const was = before.profiles.find(({ name }) => name === 'interactive')?.description ?? null;
      const difference = [{ path: 'profiles.interactive.description', before: was, after: description }];

      const history = await graphql<{ policyHistory: { totalCount: number; nodes: unknown[] } }>(
        url,
        who(),
        `
          {
            policyHistory(first: 1) {
              totalCount
              nodes {
                version
                createdAt
                reason
                createdBy {
                  kind
                  name
                  user {
                    id
                  }
                }
                changes {
                  path
                  before
                  after
                }
                policy {
                  version
                }
              }
            }
          }
        `,
      );
      expect(history.data.policyHistory).toEqual({
        totalCount: policy.version,
        nodes: [
          {
            version: policy.version,
            createdAt: expect.stringMatching(/Z$/),
            reason: 'Say what it is.',
            createdBy: { kind: 'USER', name: 'root', user: { id: root.user.id } },
            changes: difference,
            policy: { version: policy.version },
          },
        ],
      });
      const event = (await auditLines(url, root)).filter(({ action }) => action === 'policy.updated').at(-1);
      expect(event).toMatchObject({
        outcome: 'SUCCEEDED',
        actor: { name: 'root' },
        targetType: 'policy',
        targetId: String(policy.version),
        details: {
          version: policy.version,
          reason: 'Say what it is.',
          existingTokens: 'KEEP',
          changes: difference,
        },
      });
    },
  );

  it('is in force on every instance within a second, without a restart', async () => {
    const { profiles } = await policyInForce(url, root);
    const lifetime = 'P20D';
    await userToken(other, gwen, { lifetime });
    await changeNow(url, root, {
      profiles: profilesWith(profiles, 'interactive', { maximum: 'P10D' }),
      requireScopes: true,
      purge: { schedule: '15 4 * * *', enabled: false },
    });
    const seconds = await until(
      async () => (await askForUserToken(other, gwen, { lifetime })).code === 'LIFETIME_EXCEEDS_POLICY',
      { seconds: 5 },
    );
    expect(seconds).toBeLessThan(1);
    const { code, field } = await askForUserToken(other, gwen, { lifetime: 'P10D' });
    expect([code, field]).toEqual(['INVALID_INPUT', 'scopes']);
    const tasks = await graphql<{ housekeepingTasks: { task: string }[] }>(
      other,
      root,
      '{ housekeepingTasks { task enabled schedule nextRunAt } }',
    );
    const purge = tasks.data.housekeepingTasks.filter(({ task }) => task === 'PURGE');
    expect(purge).toEqual([{ task: 'PURGE', enabled: false, schedule: '15 4 * * *', nextRunAt: null }]);
    await changeNow(other, root, { profiles, requireScopes: false });
    await userToken(url, gwen, { lifetime });
  });

  it('with CAP ends tokens earlier, at once and everywhere, and says how many', async () => {
    const { profiles } = await policyInForce(url, root);
    const [short, long] = await Promise.all([
      userToken(url, gwen, { lifetime: 'P1D' }),
      userToken(url, gwen, { lifetime: 'P25D' }),
    ]);
    const enforceFrom = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000 * 5).toISOString();
    const shorter = profilesWith(profiles, 'interactive', { maximum: 'P2D', default: 'P1D' });
    const cap = { existingTokens: 'CAP', enforceFrom };
    const { capped } = await changeNow(url, root, { profiles: shorter }, cap);
    expect(capped).toBeGreaterThanOrEqual(1);
    const ends = async (id: string) => {
      const read = '($id: ID!) { token(id: $id) { expiresAt endsAt } }';
      return (await graphql<{ token: { endsAt: string } }>(other, root, `query ${read}`, { id })).data.token;
    };
    expect(await ends(long.id)).toEqual({ expiresAt: long.expiresAt, endsAt: enforceFrom });
    expect(await ends(short.id)).toEqual({ expiresAt: short.expiresAt, endsAt: short.expiresAt });

    // Now those that live for too long end with it; those of other profiles stay as they are, as all do when it is raised again.
    const ephemeral = (who: Credentials, scopes?: string[]) =>
      userToken(url, who, { profile: 'ephemeral', ...(scopes ? { scopes } : {}) });
    const kept = await ephemeral(gwen);
    const asking = { token: (await ephemeral(root, ['tokens:introspect'])).value };
    expect(await isActive(other, asking, short.value)).toBe(true);
    const least = profilesWith(profiles, 'interactive', { maximum: 'PT1S', default: 'PT1S' });
    const gone = { existingTokens: 'CAP', enforceFrom: '2020-01-01T00:00:00Z' };
    expect((await changeNow(url, root, { profiles: least }, gone)).capped).toBeGreaterThanOrEqual(2);
    await until(async () => !(await isActive(other, asking, short.value)), { seconds: 5 });
    expect(await isActive(other, asking, kept.value)).toBe(true);
    await changeNow(url, root, { profiles }, { reason: 'As it was.' });
    expect(await isActive(other, asking, short.value)).toBe(false);
  });
});

describe('the policy', () => {
  it('is changed only with policy:write, its history read only with policy:read, and attempts are recorded', async () => {
    const { version: expectedVersion } = await policyInForce(url, root);
    const input = { expectedVersion, changes: { orphanGrace: 'P3D' } };
    const reader = {
      token: (await userToken(url, root, { profile: 'ephemeral', scopes: ['policy:read'] })).value,
    };
    const HISTORY = '{ policyHistory { nodes { version } } }';
    const before = (await auditLines(url, root)).length;
    expect((await askForChange(url, gwen, input)).code).toBe('FORBIDDEN');
    expect((await askForChange(url, reader, input)).code).toBe('FORBIDDEN');
    expect((await graphql(url, gwen, HISTORY)).code).toBe('FORBIDDEN');
    expect((await graphql(url, reader, HISTORY)).errors).toEqual([]);
    const refused = (await auditLines(url, root))
      .slice(before)
      .filter(({ outcome }) => outcome === 'REFUSED');
    expect(refused.map(({ action, actor }) => [action, actor.name])).toEqual([
      ['policy.updated', 'gwen'],
      ['policy.updated', 'root'],
      ['authorization.refused', 'gwen'],
    ]);
    expect(await policyInForce(url, root)).toMatchObject({ version: expectedVersion });
  });

  it('is changed by one of those who start from the same version', async () => {
    const { version: expectedVersion } = await policyInForce(url, root);
    const answers = await Promise.all(
      [url, other, url, other].map((instance, index) =>
        askForChange(instance, root, { expectedVersion, changes: { orphanGrace: `P${index + 40}D` } }),
      ),
    );
    const codes = answers.map(({ code }) => code ?? 'changed').sort();
    expect(codes).toEqual(['VERSION_CONFLICT', 'VERSION_CONFLICT', 'VERSION_CONFLICT', 'changed']);
    expect(await policyInForce(url, root)).toMatchObject({ version: expectedVersion + 1 });
  });
});
