import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { graphql, startProduct, type Credentials, type RunningProduct } from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { castOf, credentialsOf, type CallerName, type Cast } from './cast.js';
import { changeNow, policyInForce, profilesWith, type ChangeInput } from './policy-calls.js';
import { askForAccountToken, issuedIn, userToken, type Issued } from './token-calls.js';

interface ShownHit {
  readonly token: Readonly<Record<string, unknown>> & { readonly id: string };
  readonly effects: readonly string[];
  readonly newEndsAt: string;
}
interface ShownImpact {
  readonly exceedsMaximum: number;
  readonly cutShort: number;
  readonly warned: number;
  readonly purged: number;
  readonly idleRevoked: number;
  readonly principals: number;
  readonly tokens: {
    readonly nodes: readonly ShownHit[];
    readonly totalCount: number;
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

const COUNTS = 'exceedsMaximum cutShort warned purged idleRevoked principals';
const HITS = 'totalCount pageInfo { hasNextPage endCursor } nodes { effects newEndsAt token { id';
const WARNINGS = 'warnings { threshold dueAt sentAt recipients }';

let product: RunningProduct;
let cast: Cast;
/** Holds policy:read and nothing else. */
let reader: Credentials;
let version: number;

beforeAll(async () => {
  product = await startProduct();
  cast = await castOf(product.url);
  reader = { token: (await userToken(product.url, who('ada'), { scopes: ['policy:read'] })).value };
  version = (await policyInForce(product.url, who('ada'))).version;
}, 120_000);

afterAll(async () => {
  await product?.stop();
});

const who = (name: CallerName) => credentialsOf(cast, name);

async function ask(caller: Credentials, input: ChangeInput, { page = '', token = '' } = {}) {
  return await graphql<{ policyImpact: ShownImpact }>(
    product.url,
    caller,
    `query ($input: UpdatePolicyInput!) { policyImpact(input: $input) { ${COUNTS} tokens${page} { ${HITS} ${token} } } } } }`,
    { input },
  );
}

/** Everything of people capped to an hour, from the day after tomorrow on. */
async function capOfPeople(): Promise<ChangeInput> {
  const { profiles } = await policyInForce(product.url, who('ada'));
  return {
    expectedVersion: version,
    changes: { profiles: profilesWith(profiles, 'interactive', { maximum: 'PT1H', default: 'PT1H' }) },
    existingTokens: 'CAP',
    enforceFrom: new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 2 * 86_400_000).toISOString(),
  };
}

describe('who asks what a change would do', () => {
  it.each(['grace', 'edsger', 'graceToken', 'etlToken'] as const)('is not %s', async (name) => {
    const answer = await ask(who(name), { expectedVersion: version, changes: { requireScopes: true } });
    expect(answer.code).toBe('FORBIDDEN');
  });
  it('is who holds policy:read, by a token too, whatever else the token may not', async () => {
    const answer = await ask(reader, { expectedVersion: version, changes: { requireScopes: true } });
    expect(answer.errors).toEqual([]);
  });
});

describe('a change that would be refused', () => {
  const stale = () => version + 7;
  it('is refused by its values first', async () => {
    const changes = { purge: { after: 'PT0S' } };
    const answer = await ask(reader, { expectedVersion: stale(), changes });
    expect([answer.code, answer.field]).toEqual(['INVALID_INPUT', 'changes.purge.after']);
  });
  it('then by its version, also where it would change nothing', async () => {
    for (const changes of [{ requireScopes: true }, {}]) {
      const answer = await ask(reader, { expectedVersion: stale(), changes });
      expect([answer.code, answer.field]).toEqual(['VERSION_CONFLICT', 'expectedVersion']);
      expect(answer.errors).toHaveLength(1);
    }
  });
  it('then where it would change nothing', async () => {
    const answer = await ask(reader, { expectedVersion: version, changes: {} });
    expect([answer.code, answer.field]).toEqual(['INVALID_INPUT', 'changes']);
  });
  it.each(['(first: 0)', '(first: 101)'])('is one with a page %s', async (page) => {
    const answer = await ask(
      reader,
      { expectedVersion: version, changes: { requireScopes: true } },
      { page },
    );
    expect([answer.code, answer.field]).toEqual(['INVALID_INPUT', 'first']);
  });
  it('is one with a cursor of another change', async () => {
    const { data } = await ask(reader, await capOfPeople(), { page: '(first: 1)' });
    const page = `(after: "${data.policyImpact.tokens.pageInfo.endCursor}")`;
    const other = await ask(reader, { expectedVersion: version, changes: { requireScopes: true } }, { page });
    expect([other.code, other.field]).toEqual(['INVALID_INPUT', 'after']);
  });
});

describe('the tokens that a change would hit', () => {
  let ofGrace: Issued;
  let ofAccount: Issued;
  beforeAll(async () => {
    ofGrace = await cast.graceIssues({ lifetime: 'P20D' });
    const input = { serviceAccountId: cast.etlAccount, lifetime: 'P300D' };
    ofAccount = issuedIn(await askForAccountToken(product.url, who('grace'), input));
  });

  it('are those whose ends the change then moves, to that very end, page by page', async () => {
    const input = await capOfPeople();
    const hits: ShownHit[] = [];
    let page = '(first: 2)';
    for (let more = true; more;) {
      const { tokens, ...counts } = (await ask(reader, input, { page })).data.policyImpact;
      hits.push(...tokens.nodes);
      more = tokens.pageInfo.hasNextPage;
      page = `(first: 2, after: "${tokens.pageInfo.endCursor}")`;
      if (!more) expect([counts.cutShort, tokens.totalCount]).toEqual([hits.length, hits.length]);
    }
    expect(hits.find(({ token }) => token.id === ofGrace.id)).toMatchObject({
      effects: ['EXCEEDS_MAXIMUM', 'CUT_SHORT'],
      newEndsAt: String(input['enforceFrom']),
    });
    expect(hits.map(({ token }) => token.id)).not.toContain(ofAccount.id);
    expect(await versionsInTrail()).toBe(1); // asking leaves none
    const {
      expectedVersion: _,
      changes,
      ...more
    } = input as { expectedVersion: number; changes: ChangeInput };
    const changed = await changeNow(product.url, who('ada'), changes, more);
    version = changed.policy.version;
    expect(changed.capped).toBe(hits.length);
    for (const { token, newEndsAt } of hits) expect(await endOf(token.id)).toBe(newEndsAt);
  });

  it('say when their owners are told, measured against the new end', async () => {
    const { token } = (
      await graphql<{ token: { warnings: unknown[] } }>(
        product.url,
        who('grace'),
        `query ($id: ID!) { token(id: $id) { ${WARNINGS} } }`,
        { id: ofGrace.id },
      )
    ).data;
    const end = new Date((await endOf(ofGrace.id)) ?? '').getTime();
    expect(token.warnings).toEqual([
      {
        threshold: 'P1D',
        dueAt: new Date(end - 86_400_000).toISOString(),
        sentAt: null,
        recipients: 0,
      },
    ]);
  });

  it('show of their owners id, names and state to whoever may see no more', async () => {
    const { profiles } = await policyInForce(product.url, who('ada'));
    const input = {
      expectedVersion: version,
      changes: { profiles: profilesWith(profiles, 'automation', { maximum: 'P1D', default: 'P1D' }) },
    };
    const token = `name viewerCan predecessor { id } ... on UserToken { owner { id username state email lastSignInAt permissions groups { name } tokens { totalCount } } }
      ... on ServiceAccountToken { serviceAccount { id name state description permissions groups { name } members { nodes { username } } tokens { totalCount } } }`;
    const shown = (await ask(reader, input, { token })).data.policyImpact.tokens.nodes.map(
      (hit) => hit.token,
    );
    expect(shown.find(({ id }) => id === ofGrace.id)).toMatchObject({
      viewerCan: [],
      owner: {
        username: 'grace',
        state: 'ACTIVE',
        email: null,
        lastSignInAt: null,
        permissions: [],
        groups: [],
        tokens: { totalCount: 0 },
      },
    });
    expect(shown.find(({ id }) => id === ofAccount.id)).toMatchObject({
      viewerCan: [],
      serviceAccount: {
        name: 'nightly-etl',
        state: 'ACTIVE',
        description: null,
        permissions: [],
        groups: [],
        members: { nodes: [] },
        tokens: { totalCount: 0 },
      },
    });
  });
});

async function endOf(id: string): Promise<string | undefined> {
  const answer = await graphql<{ token: { endsAt: string } | null }>(
    product.url,
    who('ada'),
    'query ($id: ID!) { token(id: $id) { endsAt } }',
    { id },
  );
  return answer.data.token?.endsAt;
}

async function versionsInTrail(): Promise<number> {
  const events = await auditLines(product.url, who('ada'));
  return events.filter(({ action }) => action === 'policy.updated').length;
}
