import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '../harness/index.js';

/** A person of a test's DIRECTORY_FILE. */
export interface Person {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly password?: string;
  readonly passwordHash?: string;
  readonly enabled: boolean;
}

/** What a DIRECTORY_FILE holds. */
export interface People {
  readonly users: readonly Person[];
  readonly groups: readonly {
    readonly id: string;
    readonly name: string;
    readonly members: readonly string[];
    readonly groups: readonly string[];
  }[];
}

/**
 * One person with a password of their own.
 * @param username Also the password, followed by `-secret`, unless a hash is given
 * @param more What is to be another
 * @returns The person, enabled
 */
export function person(username: string, more: Partial<Person> = {}): Person {
  const password = more.passwordHash === undefined ? { password: `${username}-secret` } : {};
  const named = { username, displayName: username.toUpperCase(), email: `${username}@example.org` };
  return { id: randomUUID(), ...named, ...password, enabled: true, ...more };
}

/**
 * A group.
 * @param name Its name
 * @param members Usernames
 * @returns The group, with an id of its own
 */
export function group(name: string, members: readonly string[]): People['groups'][number] {
  return { id: randomUUID(), name, members, groups: [] };
}

/**
 * Writes a DIRECTORY_FILE into a new folder of this test run, or over one that is there.
 * @param people What it is to hold
 * @param path Where; a new place by default
 * @returns Its path
 */
export function writeDirectory(people: People, path = join(newFolder('directory'), 'people.json')): string {
  writeFileSync(path, JSON.stringify(people));
  return path;
}
