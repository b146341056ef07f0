import { describe, expect, it } from '@jest/globals';
import { NoDirectoryFile, readDirectoryFile } from './directory-file.js';

const ADA = {
  id: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01',
  username: 'ada',
  displayName: 'Ada Lovelace',
  email: 'ada@example.com',
};
const GRACE = { id: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a02', username: 'grace', displayName: 'Grace Hopper' };
const ENGINEERS = {
  id: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e12',
  name: 'engineers',
  members: ['ada'],
  groups: [],
};

function read(users: unknown[], groups: unknown[] = [], acceptsPlainPasswords = true) {
  return readDirectoryFile(JSON.stringify({ users, groups }), { acceptsPlainPasswords });
}
function reasons(users: unknown[], groups: unknown[] = [], acceptsPlainPasswords = true): readonly string[] {
  const { answer } = read(users, groups, acceptsPlainPasswords);
  return answer.whole ? [] : answer.reasons;
}

describe('a directory file', () => {
  it('gives its users and groups, nested members included', () => {
    const all = {
      id: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e13',
      name: 'all',
      members: ['grace'],
      groups: ['engineers'],
    };
    expect(read([ADA, { ...GRACE, enabled: false }], [ENGINEERS, all]).answer).toEqual({
      whole: true,
      users: [
        { ...ADA, enabled: true },
        { ...GRACE, email: null, enabled: false },
      ],
      groups: [
        { id: ENGINEERS.id, name: 'engineers', memberIds: [ADA.id] },
        { id: all.id, name: 'all', memberIds: [ADA.id, GRACE.id] },
      ],
      groupsWithGroups: 1,
      warnings: [],
    });
  });

  it('finds members whatever the case and form of the name', () =>
    expect(reasons([ADA], [{ ...ENGINEERS, members: ['ADA', 'ａｄａ'] }])).toEqual([]));

  it('takes ids in upper case for the same ids', () =>
    expect(read([{ ...ADA, id: ADA.id.toUpperCase() }]).answer).toMatchObject({ users: [{ id: ADA.id }] }));

  it('never shows a password in its answer', () =>
    expect(JSON.stringify(read([{ ...ADA, password: 'ada-demo' }]).answer)).not.toContain('ada-demo'));

  it('warns of plain passwords', () => {
    const { answer } = read([{ ...ADA, password: 'ada-demo' }]);
    expect(answer).toMatchObject({ whole: true, warnings: [expect.stringContaining('plain passwords')] });
  });
});

describe('a directory file with a fault', () => {
  it.each<[string, unknown[], unknown[], string]>([
    ['no user', [], [], 'users:'],
    ['a user that is no object', ['ada'], [], 'users.0'],
    ['an id that is no UUID', [{ ...ADA, id: 'ada' }], [], 'users.0.id'],
    ['a username of 257 characters', [{ ...ADA, username: 'a'.repeat(257) }], [], 'users.0.username'],
    ['a username with a NUL', [{ ...ADA, username: 'a\0' }], [], 'users.0.username'],
    ['a bad e-mail', [{ ...ADA, email: 'ada@x\r\nBcc: eve@y' }], [], 'users.0.email'],
    ['enabled as a text', [{ ...ADA, enabled: 'false' }], [], 'users.0.enabled'],
    ['a hash that is none', [{ ...ADA, passwordHash: 'ada-demo' }], [], 'users.0.passwordHash'],
    ['an unknown field', [{ ...ADA, passwort: 'ada-demo' }], [], 'users.0.passwort'],
    ['an id given twice', [ADA, { ...GRACE, id: ADA.id }], [], '.id: '],
    ['a group with the id of a user', [ADA], [{ ...ENGINEERS, id: ADA.id }], '.id: '],
    [
      'a username given twice, case and form aside',
      [ADA, { ...GRACE, username: 'ＡDA' }],
      [],
      'users.1.username',
    ],
    ['a group name given twice', [ADA], [ENGINEERS, { ...ENGINEERS, id: GRACE.id }], 'groups.1.name'],
    ['an unknown member', [ADA], [{ ...ENGINEERS, members: ['eve'] }], 'groups.0.members.0'],
    ['an unknown nested group', [ADA], [{ ...ENGINEERS, groups: ['nobody'] }], 'groups.0.groups.0'],
    ['members that are no list', [ADA], [{ ...ENGINEERS, members: 'ada' }], 'groups.0.members'],
  ])('is not whole: %s', (_, users, groups, named) =>
    expect(reasons(users, groups).join('\n')).toContain(named),
  );

  it('is not whole with a plain password while others can reach the product', () => {
    expect(reasons([{ ...ADA, password: 'ada-demo' }], [], false)[0]).toContain('users.0.password');
    expect(reasons([{ ...ADA, password: 'ada-demo' }], [], true)).toEqual([]);
  });

  it('names an entry that is faulty, and not the groups that name it', () => {
    const all = { ...ENGINEERS, id: GRACE.id, name: 'all', members: ['ADA'], groups: ['engineers'] };
    const users = [{ ...ADA, password: 'ada-demo' }];
    expect(reasons(users, [ENGINEERS, all], false)).toEqual([
      expect.stringContaining('users.0.password: A plain password'),
    ]);
    expect(reasons([ADA], [{ ...ENGINEERS, id: 'x' }, all])).toEqual([
      expect.stringContaining('groups.0.id: A UUID'),
    ]);
  });

  it('names 20 faults and counts the rest', () => {
    const users = Array.from({ length: 30 }, () => 'no user');
    expect(reasons(users)).toHaveLength(21);
    expect(reasons(users).at(-1)).toBe('… and 10 more.');
  });

  it('keeps whose own entry is good, but nobody whose name two have', () => {
    const file = read([
      ADA,
      { ...ADA, id: GRACE.id },
      { ...GRACE, id: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e99' },
    ]);
    expect(file.answer.whole).toBe(false);
    expect([...file.users.keys()]).toEqual(['grace']);
    expect([...read([ADA, { ...GRACE, id: ADA.id }]).users.keys()]).toEqual([]);
  });
});

describe('a text that is no directory file', () => {
  it.each(['', '{', '[]', 'null', '{"users": []}', '{"users": {}, "groups": []}'])('is refused: %s', (text) =>
    expect(() => readDirectoryFile(text, { acceptsPlainPasswords: true })).toThrow(NoDirectoryFile),
  );
  it('is refused without quoting it', () =>
    expect(() => readDirectoryFile('{"password": "ada-demo" oops', { acceptsPlainPasswords: true })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('ada') }),
    ));
});
