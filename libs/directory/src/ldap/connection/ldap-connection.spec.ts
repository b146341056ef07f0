import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  done,
  extended,
  found,
  noticeOfDisconnection,
  reference,
  scriptedServer,
  TAG,
  type Asked,
  type Said,
  type ScriptedServer,
} from '../../../test/scripted-server.js';
import { BoundConnection } from './bound-connection.js';
import type { LdapSearch } from './ldap-connection.js';
import type { LdapFault } from './ldap-faults.js';
import { LdapTrust, serverOf } from './ldap-server.js';

const EVERYBODY: LdapSearch = { base: 'ou=people', scope: 'sub', filter: '(uid=*)', attributes: ['uid'] };
const PATIENCE = { milliseconds: 5_000 };
const HERE = 'uid=ada,ou=people';

let server: ScriptedServer;
let connection: BoundConnection;

async function connectedTo(
  say: (asked: Asked) => Said,
  {
    startTls = false,
    schema = 'openldap',
  }: { startTls?: boolean; schema?: 'openldap' | 'active-directory' } = {},
): Promise<BoundConnection> {
  server = await scriptedServer(say);
  const reach = { server: serverOf(server.url, startTls), trust: new LdapTrust(undefined) };
  connection = await BoundConnection.open(reach, { dn: 'cn=reader', password: 'x', schema }, PATIENCE);
  return connection;
}

/** The DNs of a search, page by page. */
async function read(search: LdapSearch = EVERYBODY, signal?: AbortSignal): Promise<string[][]> {
  const pages: string[][] = [];
  for await (const page of connection.pages(search, signal)) pages.push(page.map(({ dn }) => dn));
  return pages;
}

/** How reading everybody fails. */
async function failure(): Promise<Pick<LdapFault, 'kind' | 'message'>> {
  return read().then(
    (pages) => Promise.reject(new Error(`It was read: ${JSON.stringify(pages)}`)),
    (fault: LdapFault) => fault,
  );
}

afterEach(async () => {
  connection?.channel.end();
  await server.close();
});

describe('an answer in pages', () => {
  it('goes on past a page without entries: only an empty place to go on from ends it', async () => {
    const pages = [
      (id: number) => [done(id, 0, 'a')],
      (id: number) => [found(id, HERE), done(id, 0, 'b')],
      (id: number) => [done(id, 0, 'c')],
      (id: number) => [found(id, 'uid=grace,ou=people'), done(id, 0, '')],
    ];
    await connectedTo(({ id, search }) => pages[search - 1]?.(id) ?? 'silence');
    expect(await read()).toEqual([[HERE], ['uid=grace,ou=people']]);
    expect(server.asked).toHaveLength(4);
  });

  it('is whole without a word of pages: the server gave all of it at once', async () => {
    await connectedTo(({ id }) => [found(id, HERE), found(id, HERE), done(id, 0)]);
    expect(await read()).toEqual([[HERE, HERE]]);
  });

  it('is none where a page that is not the first says nothing of pages any more', async () => {
    await connectedTo(({ id, search }) => [
      found(id, HERE),
      search === 1 ? done(id, 0, 'more') : done(id, 0),
    ]);
    expect(await failure()).toMatchObject({ kind: 'incomplete' });
  });

  it('is none where a full page says nothing of pages', async () => {
    await connectedTo(({ id }) => [found(id, HERE), found(id, HERE), done(id, 0)]);
    await expect(read({ ...EVERYBODY, pageSize: 3 })).resolves.toEqual([[HERE, HERE]]);
    await expect(read({ ...EVERYBODY, pageSize: 2 })).rejects.toMatchObject({ kind: 'incomplete' });
  });

  it('is none where one empty page follows the other without end', async () => {
    await connectedTo(({ id }) => [done(id, 0, 'again')]);
    expect(await failure()).toMatchObject({ kind: 'incomplete' });
    expect(server.asked.length).toBeLessThan(2_000);
  });

  it.each([3, 4, 10, 11, 32, 50, 51, 53, 80])('is none where a later page ends with %i', async (code) => {
    await connectedTo(({ id, search }) => [
      found(id, HERE),
      search < 3 ? done(id, 0, 'more') : done(id, code),
    ]);
    expect(await failure()).toMatchObject({ resultCode: code });
    expect(connection.channel.isOpen).toBe(false);
  });

  it('lets go of the connection where somebody stops in the middle, so that the server forgets the rest', async () => {
    await connectedTo(({ id }) => [found(id, HERE), done(id, 0, 'more')]);
    for await (const page of connection.pages(EVERYBODY)) {
      expect(page).toHaveLength(1);
      break;
    }
    expect(connection.channel.isOpen).toBe(false);
    await expect(read()).rejects.toMatchObject({ kind: 'aborted' });
  });

  it('is one at a time, though one entry may be read between two pages', async () => {
    await connectedTo(({ id, search }) => [found(id, HERE), done(id, 0, search < 3 ? 'more' : '')]);
    let pages = 0;
    for await (const page of connection.pages(EVERYBODY)) {
      pages += page.length;
      await expect(read()).rejects.toThrow('at a time');
      if (pages === 1) expect(await read({ ...EVERYBODY, scope: 'base' })).toEqual([[HERE]]);
    }
    expect(pages).toBe(2);
  });

  it('names what it asks for: no attribute would be every attribute', async () => {
    await connectedTo(() => 'silence');
    await expect(read({ ...EVERYBODY, attributes: [] })).rejects.toThrow('names its attributes');
  });
});

describe('a reference to elsewhere', () => {
  const saying = (uri: string) => (asked: Asked) => [
    found(asked.id, HERE),
    reference(asked.id, uri),
    done(asked.id, 0),
  ];

  it('makes the answer no answer', async () => {
    await connectedTo(saying('ldap://elsewhere.example/ou=people'));
    const { kind, message } = await failure();
    expect(kind).toBe('incomplete');
    expect(message).toContain('stands elsewhere, at ldap://elsewhere.example/ou=people');
  });

  it("is passed over where it is Active Directory's own configuration", async () => {
    await connectedTo(saying('ldap://tw.test/CN=Configuration,DC=tw,DC=test'), {
      schema: 'active-directory',
    });
    expect(await read()).toEqual([[HERE]]);
  });
});

describe('a connection', () => {
  it.each<[string, (asked: Asked) => Said, string]>([
    ['the server hangs up', () => 'hang up', 'cut'],
    [
      'it stops in the middle of an entry',
      ({ id }) => [found(id, HERE), found(id, HERE).subarray(0, 9)],
      'late',
    ],
    [
      'it says that it is about to',
      ({ id }) => [found(id, HERE), noticeOfDisconnection(52), done(id, 0)],
      'cut',
    ],
    ['it answers something else', ({ id }) => [found(id, HERE), done(id + 1, 0)], 'cut'],
    ['it answers as to another question', ({ id }) => [extended(id, 0)], 'cut'],
    ['it speaks something else', () => [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], 'cut'],
    ['its lengths contradict each other', ({ id }) => [wrongLengths(found(id, HERE)), done(id, 0)], 'cut'],
    ['it says nothing', () => 'silence', 'late'],
  ])('is lost for good where %s', async (_, say, kind) => {
    await connectedTo(say);
    await expect(read(EVERYBODY, AbortSignal.timeout(500))).rejects.toMatchObject({ kind });
    expect(connection.channel.isOpen).toBe(false);
    await expect(read()).rejects.toMatchObject({ kind });
    expect(server.asked).toHaveLength(1);
  });

  it('is lost where nobody waits for the answer any more, which could be taken for another one', async () => {
    await connectedTo(() => 'silence');
    const nobody = new AbortController();
    const reading = read(EVERYBODY, nobody.signal);
    nobody.abort();
    await expect(reading).rejects.toMatchObject({ kind: 'aborted' });
    expect(connection.channel.isOpen).toBe(false);
  });

  it('makes no request where nobody waits from the start', async () => {
    await connectedTo(() => 'silence');
    await expect(read(EVERYBODY, AbortSignal.abort())).rejects.toMatchObject({ kind: 'aborted' });
    expect(server.asked).toHaveLength(0);
  });

  it('gives a fault to who waits when it is let go of', async () => {
    await connectedTo(() => 'silence');
    const reading = read();
    connection.channel.end();
    await expect(reading).rejects.toMatchObject({ kind: 'aborted' });
  });
});

it('shows no password that the server repeats when it refuses LDAP_BIND_DN', async () => {
  const echo = { code: 49, text: 'no: cn=reader reader-secret' };
  server = await scriptedServer(
    () => 'silence',
    () => echo,
  );
  const reach = { server: serverOf(server.url, false), trust: new LdapTrust(undefined) };
  const reader = { dn: 'cn=reader', password: 'reader-secret', schema: 'openldap' } as const;
  const fault = await BoundConnection.open(reach, reader, PATIENCE).catch((error: unknown) => error);
  expect(fault).toMatchObject({ kind: 'refused', resultCode: 49 });
  expect(inspect(fault, { depth: 10, showHidden: true })).not.toContain('secret');
});

describe('StartTLS', () => {
  it('is not without it where the server does not offer it: no name and no password is said', async () => {
    const opening = connectedTo(({ id }) => [extended(id, 2)], { startTls: true });
    await expect(opening).rejects.toMatchObject({ kind: 'untrusted', resultCode: 2 });
    expect(server.asked.map(({ operation }) => operation)).toEqual([TAG.startTls]);
  });

  it('takes nothing for encrypted that came in clear before it', async () => {
    const injected = ({ id }: Asked) => [extended(id, 0), found(2, HERE).subarray(0, 7)];
    await expect(connectedTo(injected, { startTls: true })).rejects.toMatchObject({ kind: 'cut' });
  });
});

/** The message, saying of its inner element that it is longer than it is. */
function wrongLengths(message: Buffer): Buffer {
  const wrong = Buffer.from(message);
  wrong[6] = (wrong[6] as number) + 20;
  return wrong;
}
