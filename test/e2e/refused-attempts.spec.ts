import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { graphql, startProduct, type Credentials, type RunningProduct } from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { castOf, credentialsOf, type CallerName, type Cast } from './cast.js';
import { askForAccountToken, issuedIn, userToken, type Issued } from './token-calls.js';

let product: RunningProduct;
let cast: Cast;
let foreign: Issued;
let accountToken: Issued;

beforeAll(async () => {
  product = await startProduct();
  cast = await castOf(product.url);
  foreign = await cast.graceIssues();
  const input = { serviceAccountId: cast.etlAccount };
  accountToken = issuedIn(await askForAccountToken(product.url, who('grace'), input));
}, 120_000);

afterAll(async () => {
  await product?.stop();
});

const who = (name: CallerName) => credentialsOf(cast, name);

async function dataOf(caller: Credentials, query: string): Promise<unknown> {
  return (await graphql(product.url, caller, query)).data;
}

describe('the audit trail', () => {
  const TRAIL = '{ auditEvents(first: 1) { nodes { id } } }';
  const refusals = async () =>
    (await auditLines(product.url, who('ada'))).filter(({ outcome }) => outcome === 'REFUSED');
  /** The refusals that were recorded while this was done. */
  async function refusedBy(work: () => Promise<unknown>) {
    const before = await refusals();
    await work();
    const after = await refusals();
    return after.slice(before.length).map(({ action, actor, actorTokenId, targetId }) => ({
      action,
      by: actor.name,
      actorTokenId,
      targetId,
    }));
  }
  const ask = (caller: Credentials, query: string) => graphql(product.url, caller, query);

  it('is for whoever holds audit:read, and nobody sees an event of it otherwise, their own neither', async () => {
    const { value } = await userToken(product.url, who('ada'), { scopes: ['audit:read'] });
    const seen = (await dataOf({ token: value }, TRAIL)) as { auditEvents: { nodes: { id: string }[] } };
    const own = (await auditLines(product.url, who('ada'))).find(({ actor }) => actor.name === 'grace');
    for (const id of [seen.auditEvents.nodes[0]?.id, own?.id]) {
      expect(id).toBeDefined();
      expect(await dataOf(who('grace'), `{ node(id: "${id}") { id } }`)).toEqual({ node: null });
      expect(await dataOf(who('ada'), `{ node(id: "${id}") { id } }`)).toEqual({ node: { id } });
    }
    expect((await ask(who('grace'), TRAIL)).code).toBe('FORBIDDEN');
  });

  it('has one event of a request, however often it was refused', async () => {
    const others = [foreign.id, accountToken.id, randomUUID()];
    const document = `mutation { ${others.map((id, i) => `m${i}: revokeToken(input: {id: "${id}"}) { token { id } }`).join(' ')} }`;
    const [event, ...more] = await refusedBy(() => ask(who('edsger'), document));
    expect(event).toEqual({
      action: 'token.revoked',
      by: 'edsger',
      actorTokenId: null,
      targetId: foreign.id,
    });
    expect(more).toEqual([]);
  });

  it('has what was refused for want of a right, each by its own action', async () => {
    const nobody = randomUUID();
    const tries: [CallerName, string, string][] = [
      ['grace', TRAIL, 'authorization.refused'],
      [
        'edsger',
        `mutation { setGroupGrants(input: {groupId: "${nobody}", grants: []}) { group { id } } }`,
        'group.grants-set',
      ],
      [
        'grace',
        `mutation { createServiceAccount(input: {name: "x", groupIds: ["${nobody}"]}) { serviceAccount { id } } }`,
        'service-account.created',
      ],
      [
        'edsger',
        'mutation { createUserToken(input: {name: "x", scopes: ["*:*"]}) { token { id } } }',
        'token.created',
      ],
      [
        'ada',
        `mutation { createServiceAccountToken(input: {name: "x", serviceAccountId: "${cast.etlAccount}"}) { token { id } } }`,
        'token.created',
      ],
      ['graceToken', 'mutation { createUserToken(input: {name: "x"}) { token { id } } }', 'token.created'],
      ['etlToken', '{ policy { version } }', 'authorization.refused'],
      ['graceToken', '{ resolveToken(value: "x") { active } }', 'authorization.refused'],
      ['etlToken', '{ inspectToken(value: "x") { id } }', 'token.inspected'],
    ];
    for (const [caller, document, action] of tries) {
      const events = await refusedBy(async () =>
        expect((await ask(who(caller), document)).code).toBeDefined(),
      );
      expect(events.map((event) => event.action)).toEqual([action]);
      expect(events.map(({ actorTokenId }) => actorTokenId !== null)).toEqual([caller.endsWith('Token')]);
    }
  });

  it('has nothing of what nobody was refused: invalid input, unknown ids that were only read, strangers', async () => {
    const events = await refusedBy(async () => {
      await ask(who('edsger'), `{ token(id: "${foreign.id}") { id } node(id: "${randomUUID()}") { id } }`);
      await ask(who('edsger'), 'mutation { createUserToken(input: {name: ""}) { token { id } } }');
      await graphql(product.url, undefined, TRAIL);
      await graphql(product.url, { token: 'nobody' }, TRAIL);
    });
    expect(events).toEqual([]);
  });
});
