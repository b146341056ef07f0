import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  emptyDatabase,
  graphql,
  newFolder,
  signIn,
  startProduct,
  startSmtp,
  type RunningProduct,
  type RunningSmtp,
  type TestDatabase,
} from '../harness/index.js';
import { run } from './command.js';
import { startDemoOpenLdap, type DemoOpenLdap } from './demo-openldap.js';
import { jsonOf, printedBy, tourOfReadme, walk } from './shell-tour.js';

jest.setTimeout(90_000);

const ROOT = join(import.meta.dirname, '../..');
const COMPOSE = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');

let openldap: DemoOpenLdap;
let mail: RunningSmtp;
let database: TestDatabase;
let product: RunningProduct;

beforeAll(async () => {
  [openldap, database, mail] = await Promise.all([startDemoOpenLdap(), emptyDatabase(), startSmtp()]);
  product = await startProduct({ env: environmentHere() });
});
afterAll(async () => {
  await product.stop();
  await Promise.all([openldap.stop(), database.close(), mail.stop()]);
});

describe('docker-compose.yml', () => {
  it('waits for its OpenLDAP and its Postgres to be healthy', () => {
    const waited = /\n {4}depends_on:\n((?: {6,}.*\n)+)/.exec(serviceOf('tokenwarden'))?.[1];
    for (const part of ['postgres', 'openldap'])
      expect(waited).toContain(`      ${part}:\n        condition: service_healthy`);
    expect(readFileSync(join(ROOT, 'deploy/openldap/Dockerfile'), 'utf8')).toContain('HEALTHCHECK');
  });

  it('mounts and builds from files that are there', () => {
    const paths = [...COMPOSE.matchAll(/(?:build: |- )(\.?\/?[\w./-]*\w|\.)(?=:\/|\n)/g)]
      .map(([, path]) => path as string)
      .filter((path) => path.startsWith('.') || path.startsWith('deploy'));
    expect(paths).toEqual(['.', './deploy/demo', 'deploy/openldap']);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('lets the demo people in by the OpenLDAP, and the one who is disabled not', async () => {
    const ada = await signIn(product.url, 'ada');
    expect(ada.user).toMatchObject({
      id: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01',
      displayName: 'Ada Lovelace',
    });
    for (const name of ['grace', 'linus', 'edsger']) await signIn(product.url, name);
    await expect(signIn(product.url, 'barbara')).rejects.toThrow('Sign-in: 401');
    await expect(signIn(product.url, 'ada', 'wrong')).rejects.toThrow('Sign-in: 401');
  });

  it('makes the platform admins administrators, who see everybody', async () => {
    const seen = await graphql<{
      viewer: { permissions: string[] };
      users: { nodes: { username: string; state: string }[] };
      groups: { nodes: { name: string }[] };
    }>(
      product.url,
      await signIn(product.url, 'ada'),
      '{ viewer { permissions } users { nodes { username state } } groups { nodes { name } } }',
    );
    expect(seen.data.viewer.permissions).toEqual(['*:*']);
    expect(seen.data.users.nodes.map(({ username, state }) => `${username} ${state}`)).toEqual([
      'ada ACTIVE',
      'barbara DISABLED',
      'edsger ACTIVE',
      'grace ACTIVE',
      'linus ACTIVE',
    ]);
    expect(seen.data.groups.nodes.map(({ name }) => name)).toEqual([
      'analysts',
      'data-engineering',
      'gateways',
      'platform-admins',
    ]);
  });

  it('sets up what the tour of the README needs, once', async () => {
    const words = /\n {4}command: \[node, \/demo\/(\S+), http:\/\/tokenwarden:3000\]\n/.exec(
      serviceOf('demo'),
    );
    const setUp = () => run(['node', join('deploy/demo', words?.[1] ?? ''), product.url]);
    expect(await setUp()).toMatchObject({ exitCode: 0, errors: '', output: expect.stringContaining('two') });
    const steps = await walk(tourOfReadme('tour').replace('http://127.0.0.1:3000', product.url));
    expect(steps.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
    expect(jsonOf(printedBy(steps, 'viewer'))).toMatchObject({
      data: { viewer: { permissions: ['dataset/*:read', 'dataset/*:write', 'spark-job/*:*'] } },
    });
    const alive = steps.filter(({ command }) => command.startsWith('introspect ')).map(jsonOf);
    expect(alive.map(({ active }) => active)).toEqual([true, true, false]);

    expect(await setUp()).toMatchObject({ exitCode: 0, output: expect.stringContaining('stays as it is') });
  });

  it('gives the demo the same grants and accounts as npm start has', async () => {
    const asked =
      '{ groups { nodes { name grants serviceAccounts { nodes { name description } } } } viewer { permissions } }';
    const ofCompose = await graphql(product.url, await signIn(product.url, 'ada'), asked);
    const other = await startProduct();
    try {
      expect(ofCompose.data).toEqual((await graphql(other.url, await signIn(other.url, 'ada'), asked)).data);
    } finally {
      await other.stop();
    }
  });

  it('mails to its catcher, which shows it on this machine only', () => {
    expect(serviceOf('mail')).toContain('      - 127.0.0.1:8025:8025\n');
    expect(serviceOf('mail')).not.toContain('1025:');
    expect(product.logs()).toContain(`Mail               by ${mail.url}, from tokenwarden@demo.example`);
  });

  it('prints whose directory it is, and no password', () => {
    expect(product.logs()).toContain(`Directory          ${openldap.url}`);
    expect(product.logs()).not.toContain('tokenwarden-demo');
    expect(product.logs()).not.toContain('Demo directory');
  });
});

/** The environment that the compose file gives to the product, with its parts where they are in this test. */
function environmentHere(): Record<string, string> {
  const lines = /\n {4}environment:\n((?: {6}.*\n)+)/.exec(serviceOf('tokenwarden'))?.[1] ?? '';
  const written: Record<string, string> = Object.fromEntries(
    [...lines.matchAll(/^ {6}(\w+): (.+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  expect(written).toMatchObject({
    HOST: '0.0.0.0',
    LDAP_URL: 'ldap://openldap:1389',
    SMTP_URL: 'smtp://mail:1025',
  });
  const keyFile = join(newFolder('compose'), 'master-key');
  writeFileSync(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  const here = {
    HOST: '127.0.0.1', // nobody else is to reach a test
    DATABASE_URL: database.url,
    MASTER_KEY_FILE: keyFile,
    LDAP_URL: openldap.url,
    SMTP_URL: mail.url,
  };
  return { ...written, ...here };
}

function serviceOf(name: string): string {
  return (
    COMPOSE.split(/\n(?= {2}[a-z][\w-]*:\n)/).find((part) => part.trimStart().startsWith(`${name}:\n`)) ?? ''
  );
}
