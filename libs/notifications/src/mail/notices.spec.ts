import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import { expiring, id, oneOfEach, rendered, some } from '../../test/sample-mails.js';
import { MAIL_COLUMNS } from './plain-lines.rules.js';

const AT = '2026-11-27T22:55:00.250Z';
const flat = (text: string) => text.replace(/\s+/g, ' ');
const schema = buildSchema(readFileSync(new URL('../../../../schema.graphql', import.meta.url), 'utf8'));

/** What the mail shows to be copied. */
function operationsIn(html: string): string[] {
  const decoded = (text: string) =>
    text.replace(/&#(\d+);/g, (_, point) => String.fromCodePoint(Number(point)));
  return [...html.matchAll(/<pre>([\s\S]*?)<\/pre>/g)].map(([, shown = '']) => decoded(shown));
}

describe('every mail', () => {
  it.each(oneOfEach().map((content) => [content.type, content] as const))(
    '%s keeps to 72 columns and shows nothing that the API would not understand',
    (_, content) => {
      const { text, html, subject } = rendered(content);
      expect(text.split('\n').filter((line) => line.length > MAIL_COLUMNS)).toEqual([]);
      expect(subject.length).toBeLessThanOrEqual(100);
      for (const operation of operationsIn(html)) {
        expect(validate(schema, parse(operation))).toEqual([]);
        expect(flat(text)).toContain(flat(operation));
      }
    },
  );
  it('shows one operation at least where something is to be done', () => {
    const todo = oneOfEach().filter(({ type }) => !/recover|deleted/.test(type) || type === 'task-recovers');
    for (const content of todo.filter((one) => one.type !== 'accounts-orphaned' || one.grace !== 'PT0S')) {
      expect([content.type, operationsIn(rendered(content).html).length]).not.toEqual([content.type, 0]);
    }
  });
  it('to administrators says why it came', () => {
    const notices = oneOfEach().filter(({ type }) => !type.endsWith('digest'));
    for (const content of notices) expect(flat(rendered(content).text)).toContain('that ADMIN_GROUPS names.');
    expect(rendered(expiring([{}])).text).not.toContain('ADMIN_GROUPS');
  });
});

describe('the notice of a failing task', () => {
  const { subject, text } = rendered({
    ...{ type: 'task-fails', task: 'EXPIRY_WARNINGS', runId: id(3), failedAt: AT },
    error: 'The mail server refused: 454 4.7.1',
  });
  it('says what fails, since when, why, what that means and how to try again', () => {
    expect(subject).toBe('Tokenwarden: EXPIRY_WARNINGS fails');
    expect(text).toContain('(2026-11-27T22:55:00Z)');
    expect(text).toContain('Reason  The mail server refused: 454 4.7.1');
    expect(flat(text)).toContain('people may not be told of tokens that end soon');
    expect(text).toContain('runHousekeeping(input: { task: EXPIRY_WARNINGS })');
  });
  it('says that it is told once', () => expect(flat(text)).toContain('not at each run until then'));
  it('has its end, with the beginning where that is known', () => {
    const end = { type: 'task-recovers', task: 'PURGE', runId: id(4), recoveredAt: AT } as const;
    expect(rendered({ ...end, failingSince: '2026-11-27T08:00:00Z' }).text).toContain(
      'Failed since  15 hours ago',
    );
    expect(rendered({ ...end, failingSince: null }).text).not.toContain('Failed since');
  });
  const read = { type: 'task-recovers', task: 'DIRECTORY_SYNC', runId: id(4), recoveredAt: AT } as const;
  it.each([{}, { state: 'SUCCEEDED' } as const])('has nothing to do at its end %o', (state) => {
    const { subject, text } = rendered({ ...read, ...state, failingSince: null });
    expect(subject).toBe('Tokenwarden: DIRECTORY_SYNC goes through again');
    expect(flat(text)).toContain('There is nothing to do.');
    expect(text).not.toContain('held');
  });
  it('sends to the other mail where the answer was read and is held', () => {
    const { subject, text } = rendered({ ...read, state: 'HELD', failingSince: null });
    expect(subject).toBe('Tokenwarden: DIRECTORY_SYNC fails no more, and its answer is held');
    expect(flat(text)).toContain(
      'The answer of the directory was read and is held, for it would take away more than it may: nothing of it is applied',
    );
    expect(flat(text)).toContain(
      'Another mail, of when such answers began to be held, says how they are looked at and accepted.',
    );
    expect(text).not.toMatch(/nothing to do|goes through|well/);
  });
});

describe('the notice of a held answer', () => {
  const held = {
    ...({
      type: 'answer-held',
      runId: id(5),
      heldAt: AT,
      reasons: ['14 of 120 users would be removed.'],
    } as const),
    ...{ disabledUsers: some([]), removedUsers: some(['edsger', 'linus'], 14) },
    ...{ removedGroups: some([]), emptiedGroups: some(['analysts']) },
  };
  const { text } = rendered(held);
  it('says why it is held and what would be lost, and nothing of what would not', () => {
    expect(text).toContain('- 14 of 120 users would be removed.');
    expect(text).toContain(
      `14 users would be removed:\n\n- "edsger" (${id(100)})\n- "linus" (${id(101)})\n- and 12 others\n`,
    );
    expect(text).toContain('1 group would lose all members, or most of them:');
    expect(text).not.toContain('disabled:');
  });
  it('shows how the newest is found, and accepted', () => {
    expect(flat(text)).toContain('housekeepingRuns( task: DIRECTORY_SYNC, state: [HELD], first: 1 )');
    expect(flat(text)).toContain(`acceptDirectoryChanges(input: { runId: "${id(5)}"`);
  });
  it('has its end: by somebody, or by the directory itself', () => {
    const end = { type: 'answer-released', runId: id(6), releasedAt: AT, heldSince: AT } as const;
    expect(rendered({ ...end, acceptedBy: 'ada' }).text).toContain('"ada" accepted what was held');
    expect(flat(rendered({ ...end, acceptedBy: null }).text)).toContain('takes away no more than it may');
  });
});

describe('the notice of orphans', () => {
  const orphaned = {
    ...({ type: 'accounts-orphaned', accounts: some(['etl', 'gateway']), orphanedAt: AT } as const),
    ...{ grace: 'P30D', recoverableUntil: '2026-12-27T22:55:00.250Z' },
  };
  it('names them, says until when they can be saved, and by which mutation', () => {
    const { subject, text } = rendered(orphaned);
    expect(subject).toBe('Tokenwarden: 2 service accounts are orphaned');
    expect(text).toContain(`- "etl" (${id(100)})\n- "gateway" (${id(101)})\n`);
    expect(flat(text)).toContain(
      'Until Sunday, 27 December 2026, 22:55 UTC (2026-12-27T22:55:00Z) the same tokens',
    );
    expect(flat(text)).toContain(`updateServiceAccount(input: { id: "${id(100)}" groupIds:`);
  });
  it('promises no way back where the policy gives no grace', () => {
    const { text } = rendered({ ...orphaned, grace: 'PT0S' });
    expect(flat(text)).toContain('nothing brings them back');
    expect(text).not.toContain('updateServiceAccount');
  });
  it('has its end: linked, returned, given up or deleted', () => {
    const back = { type: 'accounts-recovered', accounts: some(['etl']), recoveredAt: AT } as const;
    expect(rendered({ ...back, linkedBy: 'ada' }).text).toContain('"ada" linked it to a live group.');
    expect(flat(rendered({ ...back, linkedBy: null }).text)).toContain('A group of this account is back');
    const over = {
      type: 'accounts-past-grace',
      accounts: some(['etl']),
      endedAt: AT,
      grace: 'P30D',
    } as const;
    expect(rendered({ ...over, revokedTokens: 14 }).text).toContain('14 tokens revoked');
    const gone = { type: 'orphan-deleted', account: { id: id(7), name: 'etl' }, deletedAt: AT } as const;
    expect(rendered({ ...gone, deletedBy: 'ada', revokedTokens: 1 }).subject).toBe(
      'Tokenwarden: the orphaned service account "etl" is deleted',
    );
  });
});
