import { describe, expect, it } from '@jest/globals';
import { directoryReport } from './directory-report.js';

const ADMINS = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11';
const STAFF = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e12';
const EMPTY = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e13';

const user = (id: string, username: string, more: object = {}) => ({
  id,
  username,
  displayName: username.toUpperCase(),
  email: `${username}@example.org`,
  enabled: true,
  ...more,
});
const answer = {
  whole: true as const,
  users: [user('3', 'grace'), user('1', 'ada'), user('2', 'barbara', { enabled: false, email: null })],
  groups: [
    { id: ADMINS, name: 'admins', memberIds: ['1', '2'] },
    { id: STAFF, name: 'staff', memberIds: ['1', '2', '3'] },
    { id: EMPTY, name: 'empty', memberIds: [] },
  ],
  groupsWithGroups: 1,
  warnings: [] as string[],
};
const report = (more: Partial<typeof answer> = {}, adminGroups = ['admins'], failures: string[] = []) =>
  directoryReport(
    'LDAP_URL, ldap://a:389',
    { steps: ['Bound.'], failures, answer: { ...answer, ...more } },
    adminGroups,
  );

describe('the report on a directory that was read as a whole', () => {
  it('says what worked, what would come in, and who administers', () =>
    expect(report()).toEqual({
      faults: '',
      found: `Directory: LDAP_URL, ldap://a:389

  ✓ Bound.

What a synchronisation would bring
  3 users: 2 enabled, 1 disabled
    enabled: ada (ADA, ada@example.org), grace (GRACE, grace@example.org)
    disabled: barbara
  3 groups: the largest is staff with 3 members, 1 holding other groups, 1 without a member
    members, those of groups within included: staff 3, admins 2, empty 0

ADMIN_GROUPS
  ✓ admins: the group ${ADMINS}, 1 enabled member: ada
    names as a first start pins them: one that was pinned to another group before stays with that group
    until "npm run admin-groups:pin"

The directory can be read as a whole: a synchronisation would apply this.
`,
    }));
  it('shows five of many, and says how many more', () => {
    const users = Array.from({ length: 7 }, (_, i) => user(String(i), `u${i}`));
    expect(report({ users }).found).toMatch(/enabled: u0 .*u4 \(U4, u4@example\.org\) and 2 more\n/);
  });
  it('tells its warnings, and which of several servers failed', () =>
    expect(
      report({ warnings: ['3 entries have no uid.'] }, [], ['ldap://b: nobody listens.']).found,
    ).toContain('\nWorth a look\n  ! ldap://b: nobody listens.\n  ! 3 entries have no uid.\n'));
  it('says that without a group nobody may do anything', () =>
    expect(report({ groups: [] }).found).toContain('no groups: nobody would have any permission'));
  it('lets no name move the cursor, turn the line round or fill the screen', () => {
    const users = [user('1', 'a\u001b[2Jda\u202e'), user('2', 'x'.repeat(100))];
    const { found } = report({ users });
    expect(found).toContain('a\ufffd[2Jda\ufffd (');
    expect(found).toContain(`${'x'.repeat(60)}… (`);
    expect(found.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });
});

describe('ADMIN_GROUPS in the report', () => {
  it.each([
    [[], 'It names no group: nobody would be an administrator.'],
    [['Admins'], '! Admins: no group of the directory'],
    [[`id:${EMPTY}`], `! id:${EMPTY}: the group empty, in which nobody is enabled.`],
    [[`id:${ADMINS}`], `✓ id:${ADMINS}: the group admins, 1 enabled member: ada`],
    [[`id:${ADMINS.toUpperCase()}`], `✓ id:${ADMINS.toUpperCase()}: the group admins, 1 enabled member: ada`],
    [[ADMINS], `! ${ADMINS}: no group of the directory`],
    [['staff'], `✓ staff: the group ${STAFF}, 2 enabled members: ada, grace`],
  ])('%j', (names, sentence) => expect(report({}, names).found).toContain(`  ${sentence}`.trim()));
  it('says that pins are not known, but where all are ids', () => {
    expect(report().found).toContain('until "npm run admin-groups:pin"');
    expect(report({}, [`id:${ADMINS}`]).found).not.toContain('admin-groups:pin');
    expect(report({}, [`id:${ADMINS}`, 'staff']).found).toContain('admin-groups:pin');
  });
  it('asks which is meant where two groups have the name', () => {
    const groups = [...answer.groups, { id: EMPTY, name: 'admins', memberIds: [] }];
    expect(report({ groups }).found).toContain(
      `! admins: 2 groups have this name; write id:${ADMINS} or id:${EMPTY}`,
    );
  });
  it('counts those who are enabled only', () => {
    const users = answer.users.map((one) => ({ ...one, enabled: one.username !== 'ada' }));
    expect(report({ users }).found).toContain('✓ admins: the group');
    expect(report({ users }).found).toContain('1 enabled member: barbara');
  });
});

describe('the report on a directory that was not', () => {
  const { found, faults } = directoryReport(
    'DIRECTORY_FILE, /x',
    {
      steps: ['Connected.'],
      failures: ['One.', 'Two.'],
      answer: { whole: false, reasons: ['Two. One.', 'Three.'] },
    },
    ['admins'],
  );
  it('says what worked, and then every reason once', () => {
    expect(found).toBe('Directory: DIRECTORY_FILE, /x\n\n  ✓ Connected.\n');
    expect(faults).toMatch(
      /^ {2}✗ One\.\n {2}✗ Two\.\n {2}✗ Three\.\n\nA synchronisation would change nothing/,
    );
  });
});
