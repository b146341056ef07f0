import { meaningOf, pinnedId, type DirectoryCheck, type WholeAnswer } from '@tokenwarden/directory';

/** What `npm run directory:check` says: on standard output what is so, on standard error why it is not good enough. */
export interface DirectoryReport {
  readonly found: string;
  readonly faults: string;
}

const EXAMPLES = 5;
const LONGEST_SHOWN = 60;
// A name of the directory must not move the cursor, turn the line round or hide.
const NOT_TO_PRINT = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu;

/**
 * A check in words, for a person at a terminal. It names people, as whoever runs it may read the directory anyway, and
 * holds no password.
 * @param source Which directory it is, in words
 * @param check What came of it
 * @param adminGroups As ADMIN_GROUPS has them
 */
export function directoryReport(
  source: string,
  check: DirectoryCheck,
  adminGroups: readonly string[],
): DirectoryReport {
  const { steps, failures, answer } = check;
  const done = [`Directory: ${source}`, '', ...steps.map((step) => `  ✓ ${step}`)];
  if (!answer.whole) {
    // Where no server answered, each has its own line, and the reason that joins them says no more.
    const others = answer.reasons.filter((reason) => !isMadeOf(reason, failures));
    const faults = [...failures, ...others].map((reason) => `  ✗ ${reason}`);
    const end =
      'A synchronisation would change nothing: only a whole answer counts, and a copy from before stays in force.';
    return { found: text(done), faults: text([...faults, '', end]) };
  }
  const warnings = [...failures, ...answer.warnings].map((warning) => `  ! ${warning}`);
  return {
    found: text([
      ...done,
      ...section('What a synchronisation would bring', [...users(answer), ...groups(answer)]),
      ...section('ADMIN_GROUPS', administrators(answer, adminGroups)),
      ...(warnings.length > 0 ? section('Worth a look', warnings) : []),
      '',
      'The directory can be read as a whole: a synchronisation would apply this.',
    ]),
    faults: '',
  };
}

function users({ users: all }: WholeAnswer): string[] {
  const sorted = [...all].sort((a, b) => byName(a.username, b.username));
  const enabled = sorted.filter((user) => user.enabled);
  const disabled = sorted.filter((user) => !user.enabled);
  const shown = enabled.map(({ username, displayName, email }) => {
    const facts = [displayName, email ?? 'no e-mail'].map(printable);
    return `${printable(username)} (${facts.join(', ')})`;
  });
  return [
    `  ${counted(all.length, 'user')}: ${enabled.length} enabled, ${disabled.length} disabled`,
    ...examples('enabled', shown),
    ...examples(
      'disabled',
      disabled.map(({ username }) => printable(username)),
    ),
  ];
}

function groups({ groups: all, groupsWithGroups = 0 }: WholeAnswer): string[] {
  const sorted = [...all].sort((a, b) => b.memberIds.length - a.memberIds.length || byName(a.name, b.name));
  const [largest] = sorted;
  if (!largest) return ['  no groups: nobody would have any permission'];
  const empty = all.filter(({ memberIds }) => memberIds.length === 0).length;
  const facts = [
    `the largest is ${printable(largest.name)} with ${counted(largest.memberIds.length, 'member')}`,
    ...(groupsWithGroups > 0 ? [`${groupsWithGroups} holding other groups`] : []),
    ...(empty > 0 ? [`${empty} without a member`] : []),
  ];
  return [
    `  ${counted(all.length, 'group')}: ${facts.join(', ')}`,
    ...examples(
      'members, those of groups within included',
      sorted.map(({ name, memberIds }) => `${printable(name)} ${memberIds.length}`),
    ),
  ];
}

/** Whom ADMIN_GROUPS means, name by name: what a first start would pin. */
function administrators(answer: WholeAnswer, settingNames: readonly string[]): string[] {
  if (settingNames.length === 0) return ['  ! It names no group: nobody would be an administrator.'];
  const enabled = new Map(answer.users.filter((user) => user.enabled).map((user) => [user.id, user]));
  const lines = settingNames.map((settingName) => {
    const meaning = meaningOf(settingName, answer.groups);
    if (meaning.is === 'none')
      return `  ! ${settingName}: no group of the directory; its name is compared letter by letter.`;
    if (meaning.is === 'several') {
      const { groups: named } = meaning;
      const ids = named.map(({ id }) => `id:${id}`).join(' or ');
      return `  ! ${settingName}: ${named.length} groups have this name; write ${ids} for the one that is meant.`;
    }
    const { group } = meaning;
    const members = group.memberIds.flatMap((id) => enabled.get(id)?.username ?? []);
    const who = `the group ${isId(settingName) ? printable(group.name) : group.id}`;
    if (members.length === 0) return `  ! ${settingName}: ${who}, in which nobody is enabled.`;
    const names = listed(members.sort(byName).map(printable));
    return `  ✓ ${settingName}: ${who}, ${counted(members.length, 'enabled member')}: ${names}`;
  });
  return settingNames.every(isId) ? lines : [...lines, ...WITHOUT_PINS];
}

// A check has no database, and so cannot say what an instance that runs has pinned.
const WITHOUT_PINS = [
  '    names as a first start pins them: one that was pinned to another group before stays with that group',
  '    until "npm run admin-groups:pin"',
];
const isId = (settingName: string) => pinnedId(settingName) !== undefined;

function isMadeOf(reason: string, sentences: readonly string[]): boolean {
  return sentences.reduce((rest, sentence) => rest.replace(sentence, ''), reason).trim() === '';
}

function section(title: string, lines: readonly string[]): string[] {
  return ['', title, ...lines];
}

function examples(label: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`    ${label}: ${listed(items)}`];
}

function listed(items: readonly string[]): string {
  const more = items.length - EXAMPLES;
  return items.slice(0, EXAMPLES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function printable(name: string): string {
  const characters = [...name.replace(NOT_TO_PRINT, '\u{fffd}')];
  return characters.length > LONGEST_SHOWN
    ? `${characters.slice(0, LONGEST_SHOWN).join('')}…`
    : characters.join('');
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
