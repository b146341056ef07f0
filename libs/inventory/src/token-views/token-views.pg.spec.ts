import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Loaders } from '@tokenwarden/api';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import type { Caller } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { SAMPLE_SETTINGS, sessionOf, StoredSamples } from '../../test/stored-samples.js';
import { viewerCanOn } from '../../test/viewer-can.js';
import { TokenFilter, TokenListArgs } from '../token-lists/token-list.types.js';
import { TokenViews } from './token-views.js';

let server: TestDatabase;
let database: Database;
let samples: StoredSamples;
let views: TokenViews;
let group: string;
let grace: string;
let linus: string;
let account: string;
let foreignAccount: string;
const id = { grace: '', linus: '', account: '', foreign: '' };

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  samples = new StoredSamples(database);
  views = new TokenViews(database, SAMPLE_SETTINGS);
  await samples.signingKey();
  group = await samples.group();
  grace = await samples.user('grace', [group]);
  linus = await samples.user('linus', [group]);
  account = await samples.account('etl', [group]);
  foreignAccount = await samples.account('gateway', [await samples.group()]);
  id.grace = await samples.tokenOfUser(grace);
  id.linus = await samples.tokenOfUser(linus);
  id.account = await samples.tokenOfAccount(account);
  id.foreign = await samples.tokenOfAccount(foreignAccount);
});
afterAll(async () => {
  await database.close();
  await server.close();
});

const argsOf = (filter: Partial<TokenFilter> = {}, page: Partial<TokenListArgs> = {}) =>
  Object.assign(new TokenListArgs(), { filter: Object.assign(new TokenFilter(), filter) }, page);
const session = (userId: string, facts: Partial<Caller> = {}) =>
  sessionOf(userId, { groupIds: [group], ...facts });
async function seen(caller: Caller, filter?: Partial<TokenFilter>): Promise<Set<string>> {
  const { nodes, totalCount } = await views.list(caller, argsOf(filter), new Loaders());
  expect(await totalCount).toBe(nodes.length);
  for (const token of nodes) {
    const alone = await views.visibleToken(caller, token.id, new Loaders());
    expect(alone).toEqual({ ...token, asOf: expect.any(Date) });
  }
  return new Set(nodes.map((token) => token.id));
}

describe('the tokens that a caller sees', () => {
  it("are in a session one's own and those of the accounts of one's groups, in lists and by id", async () => {
    expect(await seen(session(grace))).toEqual(new Set([id.grace, id.account]));
    expect(await views.visibleToken(session(grace), id.linus, new Loaders())).toBeNull();
    expect(await views.visibleToken(session(grace), id.foreign, new Loaders())).toBeNull();
  });
  it('are all with tokens:read', async () =>
    expect(await seen(session(linus, { permissions: ['tokens:*'] }))).toEqual(new Set(Object.values(id))));
  it('are no more with tokens:revoke', async () =>
    expect(await seen(session(grace, { permissions: ['tokens:revoke'] }))).toEqual(
      new Set([id.grace, id.account]),
    ));
  it('are by token the token itself', async () => {
    const byToken = session(grace, { carrier: 'token', tokenId: id.grace, sessionId: null });
    expect(await seen(byToken)).toEqual(new Set([id.grace]));
    const ofAccount = {
      ...byToken,
      tokenId: id.account,
      principal: { kind: 'SERVICE_ACCOUNT', id: account, name: 'etl' },
    } as const;
    expect(await seen(ofAccount)).toEqual(new Set([id.account]));
  });
  it('of a group whose members the caller does not see are none', async () => {
    const reader = session(linus, { permissions: ['tokens:read'], groupIds: [] });
    expect(await seen(reader, { groupId: group })).toEqual(new Set());
    expect(
      await seen({ ...reader, permissions: ['tokens:read', 'directory:read'] }, { groupId: group }),
    ).toEqual(new Set([id.grace, id.linus, id.account]));
  });
  it('do not exist for an id that is none', async () =>
    expect(
      await views.visibleToken(session(grace, { permissions: ['*:*'] }), 'x', new Loaders()),
    ).toBeNull());
});

describe('the arguments of a page', () => {
  const caller = () => session(linus, { permissions: ['tokens:read'] });
  const list = (page: Partial<TokenListArgs>, filter?: Partial<TokenFilter>) =>
    views.list(caller(), argsOf(filter, page), new Loaders());
  const byUse = { orderBy: { field: 'LAST_USED_AT', direction: 'DESC' } } as const;
  const refused = (field: string) => expect.objectContaining({ code: 'INVALID_INPUT', field });

  it.each([
    [{ first: 0 }, 'first'],
    [{ first: 101 }, 'first'],
    [{ last: 0 }, 'last'],
    [{ last: 101 }, 'last'],
    [{ first: 1, last: 1 }, 'last'],
    [{ after: 'x' }, 'after'],
    [{ before: 'x' }, 'before'],
  ])('%j are refused by name, in every order', async (page, field) => {
    await expect(list(page)).rejects.toEqual(refused(field));
    await expect(list({ ...page, ...byUse })).rejects.toEqual(refused(field));
  });
  it('take no cursor of another order, another direction or another filter', async () => {
    const { pageInfo } = await list({ first: 1, ...byUse });
    const after = pageInfo.endCursor;
    const opposite = { orderBy: { field: 'LAST_USED_AT', direction: 'ASC' } } as const;
    expect((await list({ after, ...byUse })).nodes).toHaveLength(3);
    await expect(list({ after })).rejects.toEqual(refused('after'));
    await expect(list({ after, ...opposite })).rejects.toEqual(refused('after'));
    await expect(list({ after, ...byUse }, { neverUsed: true })).rejects.toEqual(refused('after'));
  });
});

describe('the tokens of one principal', () => {
  it('are those that the caller sees, each in its own list', async () => {
    const loaders = new Loaders();
    const list = (caller: Caller, principalId: string) =>
      views.listOf(caller, principalId, argsOf(), loaders);
    const caller = session(grace);
    const lists = await Promise.all(
      [grace, linus, account, foreignAccount].map((principal) => list(caller, principal)),
    );
    expect(lists.map(({ nodes }) => nodes.map((token) => token.id))).toEqual([
      [id.grace],
      [],
      [id.account],
      [],
    ]);
    expect(await Promise.all(lists.map((list) => list.totalCount))).toEqual([1, 0, 1, 0]);
  });
  it('take a fixed number of statements, however many principals there are', async () => {
    const counted = async (users: readonly string[]) => {
      let statements = 0;
      const counting = Object.create(database) as Database;
      counting.read = (work) => {
        statements += 1;
        return database.read(work);
      };
      const counted = new TokenViews(counting, SAMPLE_SETTINGS);
      const [loaders, caller] = [new Loaders(), session(grace, { permissions: ['tokens:read'] })];
      const lists = await Promise.all(
        users.map((user) => counted.listOf(caller, user, argsOf({ status: ['ACTIVE'] }), loaders)),
      );
      const nodes = lists.flatMap((list) => list.nodes);
      const can = viewerCanOn(counting, counted);
      await Promise.all(nodes.map((token) => can.viewerCan(token, caller, loaders)));
      await Promise.all(lists.map((list) => list.totalCount));
      return statements;
    };
    expect(await counted([grace, linus, account, foreignAccount])).toBe(await counted([linus, account]));
  });
  it('takes no cursor of another principal', async () => {
    const loaders = new Loaders();
    const caller = session(grace);
    const { pageInfo } = await views.listOf(caller, grace, argsOf(), loaders);
    const next = argsOf({}, { first: 1, after: pageInfo.endCursor });
    expect((await views.listOf(caller, grace, next, loaders)).nodes).toEqual([]);
    await expect(views.listOf(caller, account, next, loaders)).rejects.toEqual(
      expect.objectContaining({ code: 'INVALID_INPUT', field: 'after' }),
    );
  });
  it('keeps lists of different arguments apart', async () => {
    const loaders = new Loaders();
    const caller = session(grace);
    const revoked = views.listOf(caller, grace, argsOf({ status: ['REVOKED'] }), loaders);
    const active = views.listOf(caller, grace, argsOf({ status: ['ACTIVE'] }), loaders);
    expect([(await revoked).nodes.length, (await active).nodes.length]).toEqual([0, 1]);
  });
});

describe('what a caller may do', () => {
  const actions = async (caller: Caller, tokenId: string) => {
    const reader = { ...caller, permissions: ['tokens:read'] };
    const token = await views.visibleToken(reader, tokenId, new Loaders());
    return token && viewerCanOn(database, views).viewerCan(token, caller, new Loaders());
  };
  it('is everything with its own tokens and those of its accounts', async () => {
    expect(await actions(session(grace), id.grace)).toEqual(['UPDATE', 'ROTATE', 'SUSPEND', 'REVOKE']);
    expect(await actions(session(grace), id.account)).toEqual(['UPDATE', 'ROTATE', 'SUSPEND', 'REVOKE']);
  });
  it('is to stop and to resume those of others with tokens:revoke', async () => {
    const admin = session(linus, { permissions: ['*:*'], groupIds: [] });
    expect(await actions(admin, id.foreign)).toEqual(['SUSPEND', 'REVOKE']);
    const suspended = await samples.tokenOfAccount(foreignAccount, { suspended: true });
    expect(await actions(admin, suspended)).toEqual(['RESUME', 'REVOKE']);
  });
  it('is not to rotate or resume while the principal is not active: that would be refused', async () => {
    const tokenId = await samples.tokenOfAccount(account);
    const suspended = await samples.tokenOfAccount(account, { suspended: true });
    const set = (at: string) =>
      database.read((tx) =>
        rows(tx, `UPDATE service_accounts SET suspended_at = ${at} WHERE id = $1`, [account]),
      );
    await set('clock_timestamp()');
    expect(await actions(session(grace), tokenId)).toEqual(['UPDATE', 'SUSPEND', 'REVOKE']);
    expect(await actions(session(grace), suspended)).toEqual(['UPDATE', 'REVOKE']);
    await set('NULL');
  });
  it('is nothing with a token that it does not see', async () =>
    expect(await actions(session(grace), id.foreign)).toEqual([]));
});
