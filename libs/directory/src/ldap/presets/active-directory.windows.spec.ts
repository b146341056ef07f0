import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'ldapts';
import { startWindows, WINDOWS, type WindowsServer } from '../../../test/windows-server.js';
import { LdapSource } from '../ldap-source.js';

const USERS = 4_000;
const PAGE_SIZE = 500;

let windows: WindowsServer;
let source: LdapSource;

beforeEach(async () => {
  windows = await startWindows({ users: USERS, disabled: 1 });
  source = new LdapSource({
    urls: [windows.url],
    startTls: false,
    caFile: undefined,
    bindDn: WINDOWS.readerDn,
    bindPassword: WINDOWS.readerPassword,
    userBase: WINDOWS.userBase,
    userFilter: undefined,
    groupBase: WINDOWS.groupBase,
    groupFilter: undefined,
    schema: 'active-directory',
  });
});
afterEach(async () => {
  await source.close();
  await windows.close();
});

async function asReader<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ url: windows.url, timeout: 5_000 });
  try {
    await client.bind(WINDOWS.readerDn, WINDOWS.readerPassword);
    return await work(client);
  } finally {
    await client.unbind();
  }
}

describe('what only Windows does', () => {
  it('is to give a thousand entries at most, and no more than that in a page', async () => {
    const search = (paged: boolean) =>
      asReader((client) =>
        client.search(WINDOWS.userBase, {
          filter: '(objectClass=user)',
          attributes: ['cn'],
          ...(paged && { paged: { pageSize: 3_000 } }),
        }),
      );
    await expect(search(false)).rejects.toMatchObject({ code: 4 });
    expect((await search(true)).searchEntries).toHaveLength(USERS);
    expect(windows.pages).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
  });

  it('is to cut the members of a group, and to refuse what begins past their end', async () => {
    const members = async (attribute: string) =>
      (
        await asReader((client) =>
          client.search(`CN=everybody,${WINDOWS.groupBase}`, { scope: 'base', attributes: [attribute] }),
        )
      ).searchEntries[0];
    const cut = await members('member');
    expect(cut?.['member']).toEqual([]);
    expect(cut?.['member;range=0-1499']).toHaveLength(1_500);
    expect((await members('member;range=3000-*'))?.['member;range=3000-*']).toHaveLength(1_000);
    await expect(members('member;range=4000-5499')).rejects.toMatchObject({ code: 1 });
  });

  it('is to take a name without a password for nobody’s, who may then ask nothing', async () => {
    const client = new Client({ url: windows.url, timeout: 5_000 });
    await client.bind(`CN=user0001,${WINDOWS.userBase}`, '');
    await expect(client.search(WINDOWS.userBase)).rejects.toMatchObject({ code: 1 });
    await client.unbind();
  });
});

describe('a company on such a server', () => {
  it('is read whole, with a group of 4,000 members', async () => {
    const answer = await source.readAll();
    if (!answer.whole) throw new Error(answer.reasons.join(' '));
    expect([answer.users.length, answer.warnings]).toEqual([USERS, []]);
    expect(answer.users.filter(({ enabled }) => !enabled)).toMatchObject([{ username: 'user3999' }]);
    expect(answer.groups).toMatchObject([{ name: 'everybody' }]);
    expect(new Set(answer.groups[0]?.memberIds)).toEqual(new Set(answer.users.map(({ id }) => id)));
    expect(windows.ranges.map((range) => range.toLowerCase())).toEqual([
      'member;range=0-1499',
      'member;range=1499-2998',
      'member;range=2998-4497',
    ]);
    expect(windows.pages.slice(0, USERS / PAGE_SIZE)).toEqual(Array(USERS / PAGE_SIZE).fill(PAGE_SIZE));
  });

  it.each([
    ['it hangs up in the middle of a page', 'cutsSecondPage'],
    ['it forgets where the next page begins', 'forgetsPlace'],
    ['it refers to another server', 'refers'],
  ] as const)('is not whole where %s', async (_fault, name) => {
    windows.faults[name] = true;
    const answer = await source.readAll();
    expect(answer).toEqual({ whole: false, reasons: [expect.stringContaining(windows.url)] });
    windows.faults[name] = false;
    expect(await source.readAll()).toMatchObject({ whole: true });
  });
});

describe('signing in at such a server', () => {
  it('is by the right password', async () => {
    expect(await source.authenticate('User0001', 'user0001')).toMatchObject({ username: 'user0001' });
    expect(await source.authenticate('user3998', 'user3998')).toMatchObject({ username: 'user3998' });
  });

  it.each([
    ['a wrong password', 'user0001', 'user0002'],
    ['an unknown name', 'nobody', 'user0001'],
    ['the right password of who is disabled', 'user3999', 'user3999'],
  ])('is refused with %s', async (_what, username, password) => {
    expect(await source.authenticate(username, password)).toBeUndefined();
  });

  it('never shows it an empty password', async () => {
    for (const username of ['user0001', 'nobody', ''])
      expect(await source.authenticate(username, '')).toBeUndefined();
    expect(await source.authenticate('', 'user0001')).toBeUndefined();
    expect(await source.authenticate('user0001', '\0')).toBeUndefined();
    expect(windows.binds.filter(({ password }) => password === '' || password.startsWith('\0'))).toEqual([]);
  });

  it('is not decided by a server that refers to another one', async () => {
    windows.faults.refers = true;
    await expect(source.authenticate('user0001', 'user0001')).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
  });
});
