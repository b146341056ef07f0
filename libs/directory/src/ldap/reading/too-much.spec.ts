import { afterEach, describe, expect, it } from '@jest/globals';
import { emptyValues, longEntry, manyAttributes } from '../../../test/long-entries.js';
import {
  done,
  found,
  scriptedServer,
  type Asked,
  type Said,
  type ScriptedServer,
} from '../../../test/scripted-server.js';
import type { DirectoryAnswer } from '../../directory-answer.js';
import { LdapSource } from '../ldap-source.js';

const PEOPLE = 'ou=people,dc=x';
const GROUPS = 'ou=groups,dc=x';
const id = (kind: string, n: number) => `${kind.repeat(8)}-0000-4000-8000-${String(n).padStart(12, '0')}`;
const user = (asked: Asked, n: number) =>
  found(asked.id, `uid=u${n},${PEOPLE}`, { entryUUID: id('a', n), uid: `u${n}` });
const group = (asked: Asked, n: number) =>
  found(asked.id, `cn=g${n},${GROUPS}`, { entryUUID: id('b', n), cn: `g${n}` });
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

let server: ScriptedServer;
let source: LdapSource;

async function sourceOf(say: (asked: Asked) => Said): Promise<LdapSource> {
  server = await scriptedServer(say);
  return (source = new LdapSource({
    urls: [server.url],
    startTls: false,
    caFile: undefined,
    bindDn: 'cn=reader,dc=x',
    bindPassword: 'reader-secret',
    userBase: PEOPLE,
    userFilter: undefined,
    groupBase: GROUPS,
    groupFilter: undefined,
    schema: 'openldap',
  }));
}

const reading = async (say: (asked: Asked) => Said): Promise<DirectoryAnswer> =>
  (await sourceOf(say)).readAll();

afterEach(async () => {
  await source.close();
  await server.close();
});

describe('more than a company has', () => {
  it.each<[string, (asked: Asked) => Said, RegExp]>([
    [
      'values in one entry',
      ({ id }) => [longEntry(id, `uid=u0,${PEOPLE}`, { cn: emptyValues(260_000) }), done(id, 0, '')],
      /more than 250000 values in one message/,
    ],
    [
      'attributes of one entry',
      ({ id }) => [manyAttributes(id, `uid=u0,${PEOPLE}`, 300_000), done(id, 0, '')],
      /more than 250000 values in one message/,
    ],
    [
      'values in one page',
      ({ id }) => numbers(6).map((n) => longEntry(id, `uid=u${n},${PEOPLE}`, { cn: emptyValues(200_000) })),
      /bytes or 1000000 values in one answer/,
    ],
    [
      'bytes in one message',
      () => [Buffer.of(0x30, 0x84, 0x10, 0, 0, 0)],
      /more than 67108864 bytes in one message/,
    ],
    [
      'entries in a page, without an end of it',
      (asked) => numbers(1_200).map((n) => user(asked, n)),
      /more entries than were asked for/,
    ],
    [
      'pages, with the same users again and again',
      (asked) => [...numbers(3).map((n) => user(asked, n)), done(asked.id, 0, 'again')],
      /1 user with an id that was there before/,
    ],
    [
      'pages, with the same groups again and again',
      (asked) =>
        asked.search === 1
          ? [user(asked, 1), done(asked.id, 0, '')]
          : [...numbers(3).map((n) => group(asked, n)), done(asked.id, 0, 'again')],
      /1 group with an id that was there before/,
    ],
    [
      'bytes in a DN',
      ({ id: messageId, search }) => [
        ...(search === 2
          ? []
          : [
              longEntry(messageId, `cn=${'a '.repeat(10_000_000)}!,${PEOPLE}`, {
                entryUUID: [id('a', 1)],
                uid: ['u1'],
              }),
            ]),
        done(messageId, 0, ''),
      ],
      /with a DN that cannot be read/,
    ],
  ])('is not read, and no whole answer: %s', async (_, say, reason) => {
    expect(await reading(say)).toEqual({ whole: false, reasons: [expect.stringMatching(reason)] });
    expect(server.asked.length).toBeLessThan(4);
  });

  it('is not a group of 100,000 members', async () => {
    const members = numbers(100_000).map(
      (n) => `uid=somebody.with.a.long.name.${n},ou=people-elsewhere,o=company,dc=example,dc=org`,
    );
    const answer = await reading((asked) =>
      asked.search === 1
        ? [user(asked, 1), done(asked.id, 0, '')]
        : [
            longEntry(asked.id, `cn=all,${GROUPS}`, {
              entryUUID: [id('b', 1)],
              cn: ['all'],
              member: [...members, `uid=u1,${PEOPLE}`],
            }),
            done(asked.id, 0, ''),
          ],
    );
    expect(answer).toMatchObject({ whole: true, groups: [{ memberIds: [id('a', 1)] }] });
  });

  it('signs nobody in by a DN that no request can hold: nobody can say, and nothing breaks', async () => {
    const signingIn = await sourceOf(({ id: messageId }) => [
      longEntry(messageId, `cn=${'a'.repeat(20_000_000)},${PEOPLE}`, {
        entryUUID: [id('a', 1)],
        uid: ['u1'],
      }),
      done(messageId, 0, ''),
    ]);
    await expect(signingIn.authenticate('u1', 'secret')).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
  });
});
