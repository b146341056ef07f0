import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  graphql,
  signIn,
  startProduct,
  startSmtp,
  type RunningProduct,
  type RunningSmtp,
  type SignedIn,
} from '../harness/index.js';
import { group, person, writeDirectory, type People } from './directory-file.js';
import { syncNow, type ShownRun } from './directory-runs.js';
import { until } from './waiting.js';

jest.setTimeout(90_000);

const crowd = Array.from({ length: 17 }, (_, i) => person(`worker${i}`));
const wardens = group('wardens', ['root', 'vera', 'mute']);
const data = group('data', ['worker0']);
const people: People = {
  users: [person('root'), person('vera'), person('mute', { email: null }), ...crowd],
  groups: [wardens, data],
};
const ADMINISTRATORS = ['root@example.org', 'vera@example.org'];

let smtp: RunningSmtp;
let product: RunningProduct;
let file: string;
let root: SignedIn;

beforeAll(async () => {
  smtp = await startSmtp();
  file = writeDirectory(people);
  product = await startProduct({
    env: {
      ...{ DIRECTORY_FILE: file, ADMIN_GROUPS: 'wardens', DIRECTORY_SYNC_SCHEDULE: '0 0 1 1 *' },
      ...{ SMTP_URL: smtp.url, MAIL_FROM: 'Token desk <tokens@example.org>' },
    },
  });
  root = await signIn(product.url, 'root', 'root-secret');
});
afterAll(async () => {
  await product?.stop();
  await smtp?.stop();
});

let seen = 0;
beforeEach(() => {
  seen = smtp.arrived.length;
});

/** What has arrived in this test, by subject, with whom it was for. */
const arrived = () => {
  const bySubject = new Map<string, string[]>();
  for (const { parsed, to } of smtp.arrived.slice(seen)) {
    const subject = parsed.subject ?? '';
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), to].sort());
  }
  return Object.fromEntries(bySubject);
};

/** Waits until every administrator who has an address got one mail of this subject; gives its text. */
async function told(subject: string): Promise<string> {
  await until(() => (arrived()[subject] ?? []).length >= ADMINISTRATORS.length, { seconds: 20 });
  expect(arrived()[subject]).toEqual(ADMINISTRATORS);
  const mail = smtp.arrived.slice(seen).find(({ parsed }) => parsed.subject === subject);
  expect(mail?.parsed.html).toContain(product.url);
  return mail?.parsed.text ?? '';
}

/** The operation of this name, exactly as a mail shows it. */
function shownIn(text: string, operation: string): string {
  const shown = [...text.matchAll(/^ {2}(?:mutation )?\{\n(?: {4}.*\n)+ {2}\}$/gm)].map(([block]) => block);
  const found = shown.find((block) => block.includes(operation));
  if (!found) throw new Error(`The mail shows no ${operation}:\n${text}`);
  return found;
}

describe('a directory that cannot be read', () => {
  it('is told once when it begins and once when it ends, to every administrator with an address', async () => {
    writeFileSync(file, '{ "users": ');
    expect(await syncNow(product.url, root)).toMatchObject({ state: 'FAILED' });
    const text = await told('Tokenwarden: DIRECTORY_SYNC fails');
    expect(text).toContain('Hello ROOT,');
    expect(text).toContain('The directory gave no whole answer');
    expect(await syncNow(product.url, root)).toMatchObject({ state: 'FAILED' });
    writeDirectory(people, file);
    const begun = await graphql(product.url, root, shownIn(text, 'runHousekeeping'));
    expect(begun.errors).toEqual([]);
    await told('Tokenwarden: DIRECTORY_SYNC goes through again');
    expect(Object.values(arrived()).flat()).toHaveLength(4);
  });
});

describe('a held answer', () => {
  it('is told once, can be accepted by what the mail shows, and its end is told', async () => {
    writeDirectory({ ...people, users: people.users.slice(0, 14) }, file);
    expect(await syncNow(product.url, root)).toMatchObject({ state: 'HELD' });
    const text = await told('Tokenwarden: an answer of the directory is held and waits for you');
    expect(text).toContain('6 users would be removed:');
    const latest = await syncNow(product.url, root);

    const looked = await graphql<{ housekeepingRuns: { nodes: ShownRun[] } }>(
      product.url,
      root,
      shownIn(text, 'housekeepingRuns'),
    );
    const [newest] = looked.data.housekeepingRuns.nodes;
    expect(newest?.id).toBe(latest.id);
    const accept = shownIn(text, 'acceptDirectoryChanges').replace(/runId: "[^"]*"/, `runId: "${latest.id}"`);
    expect((await graphql(product.url, root, accept)).errors).toEqual([]);
    expect(await told('Tokenwarden: no answer of the directory is held any more')).toContain(
      '"root" accepted',
    );
    expect(Object.values(arrived()).flat()).toHaveLength(4);
  });
});

describe('a service account whose last group is gone', () => {
  it('is told once, can be saved by what the mail shows, and that it is saved is told', async () => {
    const users = people.users.slice(0, 14);
    const create =
      'mutation ($input: CreateServiceAccountInput!) { createServiceAccount(input: $input) { serviceAccount { id } } }';
    const input = { name: '<b>nightly</b>', groupIds: [data.id] };
    expect((await graphql(product.url, root, create, { input })).errors).toEqual([]);
    writeDirectory({ users, groups: [wardens] }, file);
    await syncNow(product.url, root);
    await syncNow(product.url, root);
    const text = await told('Tokenwarden: 1 service account is orphaned');
    expect(text).toContain('"<b>nightly</b>"');
    const link = shownIn(text, 'updateServiceAccount').replace('ID OF A LIVE GROUP', wardens.id);
    expect((await graphql(product.url, root, link)).data).toMatchObject({
      updateServiceAccount: { serviceAccount: { state: 'ACTIVE' } },
    });
    await told('Tokenwarden: 1 service account has a live group again');
    expect(Object.values(arrived()).flat()).toHaveLength(4);
  });
});

describe('every mail of these', () => {
  it('has its own Message-ID, and says that nobody wrote it', () => {
    const ids = smtp.arrived.map(({ parsed }) => parsed.messageId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { parsed } of smtp.arrived)
      expect(parsed.headers.get('auto-submitted')).toBe('auto-generated');
  });
});
