import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  demoGrants,
  demoGroups,
  demoServiceAccounts,
  demoUsers,
  writeDemoDirectory,
} from './demo-directory.js';

describe('the demo directory', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tokenwarden-demo-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('is a DIRECTORY_FILE that only this user may read', async () => {
    const path = await writeDemoDirectory(dataDir);
    expect(path).toBe(join(dataDir, 'demo-directory.json'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { users, groups } = JSON.parse(readFileSync(path, 'utf8')) as {
      users: unknown[];
      groups: unknown[];
    };
    expect(users[0]).toEqual({
      id: demoUsers[0]?.id,
      username: 'ada',
      displayName: 'Ada Lovelace',
      email: 'ada@demo.example',
      password: 'ada-demo',
      enabled: true,
    });
    expect(groups).toHaveLength(4);
    expect(groups[0]).toEqual({
      id: demoGroups[0]?.id,
      name: 'platform-admins',
      members: ['ada'],
      groups: [],
    });
  });

  it('stays as somebody edited it', async () => {
    const path = await writeDemoDirectory(dataDir);
    writeFileSync(path, '{"users":[],"groups":[]}');
    await writeDemoDirectory(dataDir);
    expect(readFileSync(path, 'utf8')).toBe('{"users":[],"groups":[]}');
  });

  it('holds the people, groups and grants of the contract', () => {
    const people = demoUsers.map(({ username, password, enabled }) => `${username} ${password} ${enabled}`);
    expect(people).toEqual([
      'ada ada-demo true',
      'grace grace-demo true',
      'linus linus-demo true',
      'edsger edsger-demo true',
      'barbara barbara-demo false',
    ]);
    expect(Object.fromEntries(demoGroups.map(({ name, members }) => [name, members]))).toEqual({
      'platform-admins': ['ada'],
      'data-engineering': ['grace', 'linus'],
      analysts: ['edsger', 'barbara'],
      gateways: ['ada', 'linus'],
    });
    expect(Object.fromEntries(demoGrants.map(({ groupName, grants }) => [groupName, grants]))).toEqual({
      'platform-admins': ['*:*'],
      'data-engineering': ['dataset/*:read', 'dataset/*:write', 'spark-job/*:*'],
      analysts: ['dataset/sales/*:read'],
      gateways: ['tokens:introspect'],
    });
  });

  it('links its service accounts to groups it has', () => {
    const nameOf = (id: string) => demoGroups.find((group) => group.id === id)?.name;
    const links = demoServiceAccounts.map(({ name, groupIds }) => [name, groupIds.map(nameOf)]);
    expect(links).toEqual([
      ['nightly-etl', ['data-engineering']],
      ['api-gateway', ['gateways']],
    ]);
  });

  it('uses every id once, each a UUID in lower case', () => {
    const ids = [...demoUsers, ...demoGroups, ...demoServiceAccounts].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
