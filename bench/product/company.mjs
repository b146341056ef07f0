/** The company of a benchmark: people and groups for DIRECTORY_FILE, and how they sign in. */
import { createHash, scryptSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

/** Whoever may do everything; in the group that ADMIN_GROUPS names. */
export const ADMINISTRATOR = 'bench-admin';
/** The group of administrators. */
export const ADMINISTRATORS = 'platform-admins';

const PEOPLE = 2_000;
const SIGNING_IN = 200;
const TEAMS = 40;
const TEAMS_OF_EACH = 3;
/** Everybody's. */
export const PASSWORD = 'bench-password';

/**
 * An id that is the same in every run.
 * @param {string} text What it stands for
 * @returns {string} A UUID
 */
export function idOf(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The users who sign in, by name: enough that no limit of one principal is in the way. */
export const SIGNING_IN_USERS = Array.from({ length: SIGNING_IN }, (_, i) => nameOf(i));

/**
 * Writes the directory: 2,000 people in 40 groups, each in three, and one administrator.
 * @param {string} path The file for DIRECTORY_FILE
 * @returns {Promise<void>}
 */
export async function writeDirectory(path) {
  const passwordHash = cheapHash();
  const usernames = [...Array.from({ length: PEOPLE }, (_, i) => nameOf(i)), ADMINISTRATOR];
  const users = usernames.map((username) => ({
    id: idOf(username),
    username,
    displayName: `Person ${username}`,
    email: `${username}@example.com`,
    passwordHash,
    enabled: true,
  }));
  const teams = Array.from({ length: TEAMS }, (_, team) => {
    const members = usernames.slice(0, PEOPLE).filter((_, i) => teamsOf(i).includes(team));
    return { id: idOf(`team ${team}`), name: `team-${String(team).padStart(2, '0')}`, members, groups: [] };
  });
  const administrators = {
    id: idOf(ADMINISTRATORS),
    name: ADMINISTRATORS,
    members: [ADMINISTRATOR],
    groups: [],
  };
  await writeFile(path, JSON.stringify({ users, groups: [...teams, administrators] }));
}

/**
 * Signs a user in.
 * @param {string} url The product's
 * @param {string} username One of the company
 * @returns {Promise<string>} The session token
 */
export async function signIn(url, username) {
  const answer = await fetch(`${url}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password: PASSWORD }),
  });
  if (answer.status !== 201) throw new Error(`${username} cannot sign in: ${await answer.text()}`);
  return (await answer.json()).sessionToken;
}

function nameOf(i) {
  return `user-${String(i).padStart(4, '0')}`;
}

function teamsOf(i) {
  return Array.from({ length: TEAMS_OF_EACH }, (_, place) => (i * (place * 2 + 1) + place * 7) % TEAMS);
}

// A hash that guards nothing, so that signing in two hundred people takes a second and not twenty.
function cheapHash() {
  const salt = createHash('sha256').update('bench').digest().subarray(0, 16);
  const key = scryptSync(PASSWORD, salt, 32, { N: 2, r: 1, p: 1 });
  return `scrypt$2$1$1$${salt.toString('base64url')}$${key.toString('base64url')}`;
}
