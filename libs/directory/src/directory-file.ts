import { canonicalName, isEmail, isIdentifier, textFault, TEXT_LIMITS } from '@tokenwarden/vocabulary';
import type { DirectoryAnswer, DirectoryGroup, DirectoryUser } from './directory-answer.js';
import { isName, NAME_IN_WORDS } from './name.rules.js';
import { flattenedMembers } from './nested-groups.rules.js';
import { isPasswordHash } from './password-hash.js';

/** One user of the file with what proves that it is them. Stays in memory: neither ever reaches Postgres or a log. */
export interface FileUser extends DirectoryUser {
  readonly canonicalUsername: string;
  readonly passwordHash: string | null;
  /** Plain, for demonstrations on loopback only. */
  readonly password: string | null;
}

interface FileGroup {
  /** Where it stands in the file. */
  readonly path: string;
  readonly id: string;
  readonly name: string;
  readonly members: readonly string[];
  readonly groups: readonly string[];
}

/** What a directory file says: its answer, and the entries that can sign in, each good by itself. */
export interface DirectoryFile {
  readonly answer: DirectoryAnswer;
  /** By canonical name; not who is faulty, or shares a name or an id. */
  readonly users: ReadonlyMap<string, FileUser>;
}

/** A text that is no directory file at all: nobody can be looked up in it. */
export class NoDirectoryFile extends Error {}

const MOST_REASONS = 20;

/**
 * Reads the text of a DIRECTORY_FILE (CONTRACT, "Settings"), or of the demo's, which is called by its `name`. Every fault is named, and one fault makes the answer
 * faulty: a half-good file is no proof that anybody is gone.
 * @throws NoDirectoryFile where the text is not JSON, or not `{"users": […], "groups": […]}`
 */
export function readDirectoryFile(
  text: string,
  { acceptsPlainPasswords, name = 'DIRECTORY_FILE' }: { acceptsPlainPasswords: boolean; name?: string },
): DirectoryFile {
  const document = parsed(text);
  const reasons: string[] = [];
  const users = document.users.flatMap((entry, i) => {
    const user = userOf(entry, `users.${i}`, acceptsPlainPasswords, reasons);
    return user ? [{ ...user, path: `users.${i}` }] : [];
  });
  const groups = document.groups.flatMap((entry, i) => groupOf(entry, `groups.${i}`, reasons) ?? []);

  // By their places in the file, not by names: a log holds nobody's name.
  if (document.users.length === 0)
    reasons.push('users: Name at least one user; an empty list is no proof that all are gone.');
  const sameId = repeated([...users, ...groups], ({ id }) => id);
  for (const { path } of sameId) reasons.push(`${path}.id: An id of its own; this one is given twice.`);
  const sameName = repeated(users, ({ canonicalUsername }) => canonicalUsername);
  for (const { path } of sameName)
    reasons.push(`${path}.username: A name that no other user has, letter case and form aside.`);
  for (const { path } of repeated(groups, ({ name }) => name))
    reasons.push(`${path}.name: A name that no other group has.`);

  const twoThings = new Set(sameId.map(({ id }) => id));
  const twoEntries = new Set(sameName.map(({ canonicalUsername }) => canonicalUsername));
  const known = new Map<string, FileUser>(users.map((user) => [user.canonicalUsername, user]));
  const mentioned = {
    users: namesIn(document.users, 'username', canonicalName),
    groups: namesIn(document.groups, 'name'),
  };
  const walked = walkedGroups(groups, { known, mentioned }, reasons);
  const groupsWithGroups = groups.filter((group) => group.groups.length > 0).length;
  const warnings = users.some((user) => user.password !== null)
    ? [
        `In ${name} are plain passwords: accepted on loopback only. "npm run hash-password" makes a passwordHash.`,
      ]
    : [];
  return {
    answer:
      reasons.length > 0
        ? faulty(reasons)
        : { whole: true, users: users.map(entryOf), groups: walked, groupsWithGroups, warnings },
    users: new Map([...known].filter(([name, { id }]) => !twoEntries.has(name) && !twoThings.has(id))),
  };
}

/** The entry without what proves the password. */
export function entryOf({ id, username, displayName, email, enabled }: DirectoryUser): DirectoryUser {
  return { id, username, displayName, email, enabled };
}

function parsed(text: string): { users: unknown[]; groups: unknown[] } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    // The parser's own message quotes the text, and with it a password.
    throw new NoDirectoryFile('It must be JSON, as {"users": […], "groups": […]}.', { cause: error });
  }
  if (!isObject(document) || !Array.isArray(document['users']) || !Array.isArray(document['groups'])) {
    throw new NoDirectoryFile('It must be an object with the lists "users" and "groups".');
  }
  return { users: document['users'] as unknown[], groups: document['groups'] as unknown[] };
}

function userOf(
  entry: unknown,
  path: string,
  acceptsPlainPasswords: boolean,
  reasons: string[],
): FileUser | undefined {
  const fields = ['id', 'username', 'displayName', 'email', 'passwordHash', 'password', 'enabled'];
  const faults: string[] = [];
  const fault = (field: string, right: string) => void faults.push(`${path}.${field}: ${right}`);
  if (!isObject(entry)) return void reasons.push(`${path}: A user is an object.`);
  for (const field of Object.keys(entry))
    if (!fields.includes(field)) fault(field, `Only ${fields.join(', ')} are known.`);
  const {
    id,
    username,
    displayName = username,
    email = null,
    passwordHash = null,
    password = null,
    enabled = true,
  } = entry;
  const canonicalUsername = typeof username === 'string' ? canonicalName(username) : '';

  if (!isUuid(id)) fault('id', 'A UUID, the stable id of the user.');
  if (!isNamed(username) || canonicalUsername === '') fault('username', `It is ${NAME_IN_WORDS}.`);
  if (!isNamed(displayName)) fault('displayName', `It is ${NAME_IN_WORDS}.`);
  if (email !== null && !(typeof email === 'string' && isEmail(email)))
    fault('email', 'One e-mail address, as ada@example.com, or left out.');
  if (typeof enabled !== 'boolean') fault('enabled', 'true or false.');
  if (passwordHash !== null && (typeof passwordHash !== 'string' || !isPasswordHash(passwordHash))) {
    fault('passwordHash', 'What "npm run hash-password" prints.');
  }
  if (password !== null && !isText(password, TEXT_LIMITS.password))
    fault('password', `A text of 1 to ${TEXT_LIMITS.password} characters.`);
  if (password !== null && passwordHash !== null)
    fault('password', 'Give passwordHash or password, not both.');
  if (password !== null && !acceptsPlainPasswords) {
    fault(
      'password',
      'A plain password is accepted while HOST is loopback; "npm run hash-password" makes a passwordHash.',
    );
  }
  if (faults.length > 0) return void reasons.push(...faults);
  const good = { username, displayName, email, enabled, passwordHash, password } as Omit<
    FileUser,
    'id' | 'canonicalUsername'
  >;
  return { id: (id as string).toLowerCase(), canonicalUsername, ...good };
}

function groupOf(entry: unknown, path: string, reasons: string[]): FileGroup | undefined {
  const fields = ['id', 'name', 'members', 'groups'];
  const faults: string[] = [];
  const fault = (field: string, right: string) => void faults.push(`${path}.${field}: ${right}`);
  if (!isObject(entry)) return void reasons.push(`${path}: A group is an object.`);
  for (const field of Object.keys(entry))
    if (!fields.includes(field)) fault(field, `Only ${fields.join(', ')} are known.`);
  const { id, name, members = [], groups = [] } = entry;

  if (!isUuid(id)) fault('id', 'A UUID, the stable id of the group.');
  if (!isNamed(name)) fault('name', `It is ${NAME_IN_WORDS}.`);
  if (!isListOfTexts(members)) fault('members', 'A list of usernames.');
  if (!isListOfTexts(groups)) fault('groups', 'A list of names of groups.');
  if (faults.length > 0) return void reasons.push(...faults);
  return {
    path,
    id: (id as string).toLowerCase(),
    name: name as string,
    members: members as string[],
    groups: groups as string[],
  };
}

/** The names that entries of the file have, good ones or not. */
interface Mentioned {
  readonly users: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

function namesIn(
  entries: readonly unknown[],
  field: string,
  form = (name: string): string => name,
): ReadonlySet<string> {
  const names = entries.map((entry) => (isObject(entry) ? entry[field] : undefined));
  return new Set(names.filter((name) => typeof name === 'string').map(form));
}

function walkedGroups(
  groups: readonly FileGroup[],
  { known, mentioned }: { known: ReadonlyMap<string, FileUser>; mentioned: Mentioned },
  reasons: string[],
): DirectoryGroup[] {
  const nested = groups.map((group) => {
    // An entry that is there and faulty is a fault of its own, and none of the groups that name it.
    for (const [i, name] of group.members.entries()) {
      if (!mentioned.users.has(canonicalName(name)))
        reasons.push(`${group.path}.members.${i}: The username of a user of this file.`);
    }
    for (const [i, name] of group.groups.entries()) {
      if (!mentioned.groups.has(name))
        reasons.push(`${group.path}.groups.${i}: The name of a group of this file.`);
    }
    return {
      key: group.name,
      memberIds: group.members.flatMap((name) => known.get(canonicalName(name))?.id ?? []),
      nestedKeys: group.groups,
    };
  });
  const members = flattenedMembers(nested);
  return groups.map(({ id, name }) => ({ id, name, memberIds: [...(members.get(name) ?? [])].sort() }));
}

function faulty(reasons: readonly string[]): DirectoryAnswer {
  const more = reasons.length - MOST_REASONS;
  return {
    whole: false,
    reasons: more > 0 ? [...reasons.slice(0, MOST_REASONS), `… and ${more} more.`] : reasons,
  };
}

/** Those whose key an earlier one has already. */
function repeated<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const seen = new Set<string>();
  return items.filter((item) => seen.size === seen.add(keyOf(item)).size);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isUuid = (value: unknown) => typeof value === 'string' && isIdentifier(value.toLowerCase());
const isNamed = (value: unknown) => typeof value === 'string' && isName(value);
const isText = (value: unknown, maximum: number) =>
  typeof value === 'string' && textFault(value, { maximum }) === undefined;
const isListOfTexts = (value: unknown) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
