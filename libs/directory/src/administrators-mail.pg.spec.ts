import { beforeEach, describe, expect, it } from '@jest/globals';
import { databaseNow, rows } from '@tokenwarden/database';
import { Notifications, type AdministratorNotice } from '@tokenwarden/notifications';
import { Settings, type SettingsValues } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import { databaseForSpecs } from '../../../test/harness/index.js';
import { pinAdministratorGroups } from './administrator-groups.js';
import { AdministratorsMail, ADMINISTRATORS_TO_TELL, administratorsToTell } from './administrators-mail.js';
import { applyAnswer } from './apply-answer.js';

const fresh = databaseForSpecs();
const userId = (number: number) => `0c5a6f2e-4b1d-4f0e-9a3b-${String(number).padStart(12, '0')}`;
const groupId = (number: number) => `7e1b9d34-2c68-4a57-8f90-${String(number).padStart(12, '0')}`;
const NAMES = ['ada', 'barbara', 'grace', 'linus', 'niklaus'];
const idOf = (name: string) => userId(NAMES.indexOf(name) + 1);
const NOTICE: AdministratorNotice = {
  ...{ type: 'task-fails', task: 'PURGE', runId: userId(99), failedAt: '2026-11-27T08:00:00.000Z' },
  error: 'It took longer than it may take.',
};

const sql = <T>(statement: string) => fresh.database.read((tx) => rows<T>(tx, statement));

/** What the directory says: users by name, each with an address unless it is null, and who is in which group. */
async function directory(
  users: Readonly<Record<string, { readonly email?: string | null; readonly enabled?: boolean }>>,
  groups: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  await fresh.database.transaction(async (tx) =>
    applyAnswer(
      tx,
      {
        whole: true,
        users: Object.entries(users).map(
          ([username, { email = `${username}@example.com`, enabled = true }]) => ({
            ...{ id: idOf(username), username, displayName: username.toUpperCase(), email, enabled },
          }),
        ),
        groups: Object.entries(groups).map(([name, members], i) => ({
          ...{ id: groupId(i + 1), name, memberIds: members.map(idOf) },
        })),
        warnings: [],
      },
      await databaseNow(tx),
    ),
  );
}

const told = async () =>
  (await fresh.database.read(administratorsToTell)).map(({ name, email }) => `${name} <${email}>`);
const enqueued = () =>
  sql(
    'SELECT recipient_id::text AS id, recipient_email AS email, purpose, state, content FROM outbox_messages ORDER BY 2',
  );

/** Mail of a process with a mail server, or without. */
function mailOf(isOn: boolean): AdministratorsMail {
  const server = { host: '127.0.0.1', port: 1, isTls: false, credentials: undefined };
  const mail = isOn ? { server, from: { name: undefined, address: 'tokenwarden@example.com' } } : undefined;
  const settings = new Settings({
    ...{ publicUrl: 'http://127.0.0.1:3000', mail },
  } as Partial<SettingsValues> as SettingsValues);
  return new AdministratorsMail(new Notifications(fresh.database, new Logs({ level: 'fatal' }), settings));
}

beforeEach(async () => {
  await sql('TRUNCATE directory_copy, users, groups, outbox_messages, audit_pending_events CASCADE');
  await directory(
    {
      ...{ ada: {}, barbara: { enabled: false }, grace: { email: null }, linus: {}, niklaus: {} },
    },
    { admins: ['ada', 'barbara', 'grace'], roots: ['ada', 'linus'], sales: ['niklaus'] },
  );
  await fresh.database.transaction((tx) => pinAdministratorGroups(tx, ['admins', 'roots']));
});

describe('the administrators who are told', () => {
  it('are the active members of all pinned groups who have an address, each once', async () => {
    expect(await told()).toEqual(['ADA <ada@example.com>', 'LINUS <linus@example.com>']);
    expect(
      await sql(`SELECT u.username FROM users u WHERE u.id IN (${ADMINISTRATORS_TO_TELL}) ORDER BY 1`),
    ).toEqual([{ username: 'ada' }, { username: 'linus' }]);
  });

  it('are nobody of a group that only grants everything, or has the name of a pinned one', async () => {
    await sql(`UPDATE groups SET grants = '{"*:*"}' WHERE name = 'sales'`);
    await sql(`UPDATE groups SET name = 'was admins' WHERE name = 'admins'`);
    await sql(`UPDATE groups SET name = 'admins' WHERE name = 'sales'`);
    expect(await told()).toEqual(['ADA <ada@example.com>', 'LINUS <linus@example.com>']);
  });

  it('are nobody of a pinned group that is gone, and nobody who is removed', async () => {
    await directory({ ada: {}, linus: {} }, { admins: ['ada', 'linus'] });
    expect(await told()).toEqual(['ADA <ada@example.com>', 'LINUS <linus@example.com>']);
    await sql(`UPDATE users SET state = 'REMOVED', removed_at = now() WHERE username = 'ada'`);
    expect(await told()).toEqual(['LINUS <linus@example.com>']);
    await sql(`UPDATE groups SET state = 'REMOVED', removed_at = now() WHERE name = 'admins'`);
    expect(await told()).toEqual([]);
  });
});

describe("administrators' mail", () => {
  it('is one message to each, with the commit that decides it', async () => {
    await fresh.database.transaction((tx) => mailOf(true).tell(tx, NOTICE));
    const message = { purpose: 'administrators', state: 'WAITING', content: NOTICE };
    expect(await enqueued()).toEqual([
      { id: userId(1), email: 'ada@example.com', ...message },
      { id: userId(4), email: 'linus@example.com', ...message },
    ]);
  });

  it('says to whom it goes, and goes to those of some alone who still administer', async () => {
    const everybody = await fresh.database.transaction((tx) => mailOf(true).tell(tx, NOTICE));
    expect(everybody).toEqual([idOf('ada'), idOf('linus')]);
    const some = [idOf('linus'), idOf('niklaus')];
    expect(await fresh.database.transaction((tx) => mailOf(true).tell(tx, NOTICE, some))).toEqual([
      idOf('linus'),
    ]);
    expect(await fresh.database.transaction((tx) => mailOf(true).tell(tx, NOTICE, []))).toEqual([]);
    expect(await enqueued()).toHaveLength(3);
  });

  it('is none where that is taken back', async () => {
    const undone = fresh.database.transaction(async (tx) => {
      await mailOf(true).tell(tx, NOTICE);
      throw new Error('It was not so.');
    });
    await expect(undone).rejects.toThrow('It was not so.');
    expect(await enqueued()).toEqual([]);
  });

  it('is none where no mail is sent: nothing is kept for later', async () => {
    await fresh.database.transaction((tx) => mailOf(false).tell(tx, NOTICE));
    expect(await enqueued()).toEqual([]);
  });

  it('is none where nobody can be told, and that is no error', async () => {
    await sql('UPDATE users SET email = NULL');
    await fresh.database.transaction((tx) => mailOf(true).tell(tx, NOTICE));
    expect(await enqueued()).toEqual([]);
  });
});
