import { join } from 'node:path';
import { makePrivateFile, prepareDataDirectory } from './private-files.js';

/** A user of the demo; the password is the username followed by `-demo`. */
export interface DemoUser {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly email: string;
  readonly password: string;
  readonly enabled: boolean;
}

/** A group of the demo, with the usernames of its members and what it is granted at the first start. */
export interface DemoGroup {
  readonly id: string;
  readonly name: string;
  readonly members: readonly string[];
  readonly grants: readonly string[];
}

/** A service account made at the first start of the demo, and the groups it is linked to. */
export interface DemoServiceAccount {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly groupIds: readonly string[];
}

/** The people of the demo. Their ids are fixed, so that a demo made anew knows the same people. */
export const demoUsers: readonly DemoUser[] = [
  demoUser('0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01', 'ada', 'Ada Lovelace'),
  demoUser('0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a02', 'grace', 'Grace Hopper'),
  demoUser('0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a03', 'linus', 'Linus Torvalds'),
  demoUser('0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a04', 'edsger', 'Edsger Dijkstra'),
  demoUser('0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a05', 'barbara', 'Barbara Liskov', false),
];

/** The groups of the demo. `platform-admins` is the default of ADMIN_GROUPS there; its `*:*` is inherent by that. */
export const demoGroups: readonly DemoGroup[] = [
  {
    id: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11',
    name: 'platform-admins',
    members: ['ada'],
    grants: ['*:*'],
  },
  {
    id: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e12',
    name: 'data-engineering',
    members: ['grace', 'linus'],
    grants: ['dataset/*:read', 'dataset/*:write', 'spark-job/*:*'],
  },
  {
    id: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e13',
    name: 'analysts',
    members: ['edsger', 'barbara'],
    grants: ['dataset/sales/*:read'],
  },
  {
    id: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e14',
    name: 'gateways',
    members: ['ada', 'linus'],
    grants: ['tokens:introspect'],
  },
];

/** What each group of the demo is granted at the first start, by the group's id. */
export const demoGrants: readonly { groupId: string; groupName: string; grants: readonly string[] }[] =
  demoGroups.map(({ id, name, grants }) => ({ groupId: id, groupName: name, grants }));

/** The service accounts that the first start of the demo makes. */
export const demoServiceAccounts: readonly DemoServiceAccount[] = [
  {
    id: 'b3d8f6a2-9e47-4c15-a6d0-1f4e7b2c5d21',
    name: 'nightly-etl',
    description: 'Loads the datasets every night.',
    groupIds: [idOfGroup('data-engineering')],
  },
  {
    id: 'b3d8f6a2-9e47-4c15-a6d0-1f4e7b2c5d22',
    name: 'api-gateway',
    description: 'Asks whose token it was handed, and what that token may do.',
    groupIds: [idOfGroup('gateways')],
  },
];

/**
 * Writes `demo-directory.json` under DATA_DIR in the format of DIRECTORY_FILE, with plain passwords (0600; for loopback
 * only). A file that is there stays: whoever plays with the demo may have edited it.
 * @returns the path, to be read like DIRECTORY_FILE
 */
export async function writeDemoDirectory(dataDir: string): Promise<string> {
  const path = join(await prepareDataDirectory(dataDir), 'demo-directory.json');
  await makePrivateFile(path, demoDirectoryText());
  return path;
}

/** The demo directory as the text of a DIRECTORY_FILE. */
export function demoDirectoryText(): string {
  const groups = demoGroups.map(({ id, name, members }) => ({ id, name, members, groups: [] }));
  return `${JSON.stringify({ users: demoUsers, groups }, undefined, 2)}\n`;
}

function demoUser(id: string, username: string, displayName: string, enabled = true): DemoUser {
  return {
    id,
    username,
    displayName,
    email: `${username}@demo.example`,
    password: `${username}-demo`,
    enabled,
  };
}

function idOfGroup(name: string): string {
  const group = demoGroups.find((candidate) => candidate.name === name);
  if (!group) throw new Error(`The demo has no group ${name}.`);
  return group.id;
}
