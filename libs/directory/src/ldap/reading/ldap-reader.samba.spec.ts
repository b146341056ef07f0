import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Attribute, Change, type Client } from 'ldapts';
import { SAMBA_USERS, startSamba, type RunningDirectory } from '../../../../../test/harness/index.js';
import { settingsFor } from '../../../test/ldap-settings.js';
import type { DirectoryAnswer, WholeAnswer } from '../../directory-answer.js';
import type { LdapConnection } from '../connection/ldap-connection.js';
import { LdapConnections } from '../connection/connections.js';
import { readWholeDirectory } from './ldap-reader.js';

const MAKING_IT_MS = 180_000; // the first time on this machine
const ODD = 'CN=A \\"q\\"\\, x\\+y\\=ü';

let samba: RunningDirectory;
let admin: Client;
let connections: LdapConnections;

beforeAll(async () => {
  samba = await startSamba();
  admin = await samba.admin();
  connections = new LdapConnections(settingsFor(samba, { schema: 'active-directory' }));
}, MAKING_IT_MS);
afterAll(async () => {
  connections?.close();
  await admin?.unbind();
  await samba?.stop();
});

/** Reads everything; `change` is done between its searches. */
async function read(change: (attributes: readonly string[]) => Promise<void> = async () => {}) {
  const asked: string[] = [];
  const settings = settingsFor(samba, { schema: 'active-directory' });
  const answer: DirectoryAnswer = await connections.withReader((connection) => {
    const watched: LdapConnection = {
      pages: async function* (search, signal) {
        asked.push(...search.attributes.filter((name) => name.startsWith('member')));
        await change(search.attributes);
        yield* connection.pages(search, signal);
      },
    };
    return readWholeDirectory(watched, settings);
  });
  return { answer, asked };
}

async function readWhole(): Promise<WholeAnswer> {
  const { answer } = await read();
  if (!answer.whole) throw new Error(answer.reasons.join(' '));
  return answer;
}

const everybody = () => `CN=everybody,${samba.groupBase}`;
const namesIn = ({ users, groups }: WholeAnswer, name: string) => {
  const members = new Set(groups.find((group) => group.name === name)?.memberIds);
  return users.filter(({ id }) => members.has(id)).map(({ username }) => username);
};

async function change(operation: 'add' | 'delete' | 'replace', dn: string, type: string, value: string) {
  const modification = new Attribute({ type, values: [value] });
  await admin.modify(dn, new Change({ operation, modification }));
}

describe('an Active Directory of 3,000 people', () => {
  it('is read whole, the group of all of them range by range', async () => {
    const { answer, asked } = await read();
    expect(answer).toMatchObject({ whole: true, warnings: [] });
    if (!answer.whole) return;
    expect(answer.users).toHaveLength(SAMBA_USERS);
    expect(new Set(answer.groups.find(({ name }) => name === 'everybody')?.memberIds)).toEqual(
      new Set(answer.users.map(({ id }) => id)),
    );
    expect(asked).toEqual(['member;range=0-1499', 'member;range=1499-2998', 'member;range=2998-4497']);
  });

  it('is read again where somebody leaves the group while its ranges are read', async () => {
    const leaver = await firstMember();
    let hasLeft = false;
    const { answer, asked } = await read(async (attributes) => {
      if (hasLeft || !attributes.includes('member;range=1499-2998')) return;
      hasLeft = true;
      await change('delete', everybody(), 'member', leaver);
    });
    expect(answer.whole && namesIn(answer, 'everybody')).toHaveLength(SAMBA_USERS - 1);
    // Whoever stood behind the leaver has moved up: the first range was read anew.
    expect(asked.slice(0, 3)).toEqual([
      'member;range=0-1499',
      'member;range=1499-2998',
      'member;range=0-1499',
    ]);
    await change('add', everybody(), 'member', leaver);
  });

  it('is no answer where the group is renamed while its ranges are read', async () => {
    const { answer } = await read(async (attributes) => {
      if (attributes.includes('member;range=1499-2998')) await admin.modifyDN(everybody(), 'CN=renamed');
    });
    expect(answer.whole).toBe(false);
    await admin.modifyDN(`CN=renamed,${samba.groupBase}`, 'CN=everybody');
  });
});

describe('in an Active Directory', () => {
  it('whoever has an odd name is in the groups that name them, in circles too', async () => {
    const dn = `${ODD},${samba.userBase}`;
    await admin.add(dn, { objectClass: 'user', sAMAccountName: 'odd', userAccountControl: '514' });
    await admin.add(`CN=inner,${samba.groupBase}`, { objectClass: 'group', member: dn });
    await admin.add(`CN=outer,${samba.groupBase}`, {
      objectClass: 'group',
      member: `CN=inner,${samba.groupBase}`,
    });
    await change('add', `CN=inner,${samba.groupBase}`, 'member', `CN=outer,${samba.groupBase}`);
    const answer = await readWhole();
    expect(namesIn(answer, 'inner')).toEqual(['odd']);
    expect(namesIn(answer, 'outer')).toEqual(['odd']);
    expect(answer.users.find(({ username }) => username === 'odd')).toMatchObject({
      displayName: 'odd',
      email: null,
      enabled: false,
    });
  });
});

async function firstMember(): Promise<string> {
  const attribute = 'member;range=0-0';
  const { searchEntries } = await admin.search(everybody(), { scope: 'base', attributes: [attribute] });
  return String(searchEntries[0]?.[attribute]);
}
