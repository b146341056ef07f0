import { beforeEach, describe, expect, it } from '@jest/globals';
import { MAIL_ON, occasions, someAdminister, toldByMail } from '../../test/admin-mail.js';
import {
  BY_HAND,
  DRY,
  DONE,
  Gate,
  housekeepingForSpecs,
  type Instance,
} from '../../test/running-housekeeping.js';
import { RunFailed, type RunWork } from './run.js';

const TASK = 'DIRECTORY_SYNC';
const housekeeping = housekeepingForSpecs();
const sql = <T>(statement: string, parameters?: readonly unknown[]) =>
  housekeeping.sql<T>(statement, parameters);
beforeEach(() => someAdminister(sql));

const fail =
  (reason = 'The server refused.'): RunWork =>
  () =>
    Promise.reject(new RunFailed(reason));
const run = async ({ runs }: Instance, work?: RunWork, start = BY_HAND) =>
  (await runs.begin(TASK, start, work)).ended;

describe('a task that fails', () => {
  it('is told to each administrator with an address when it begins, not at each run, and once when it ends', async () => {
    const one = await housekeeping.another({ mail: MAIL_ON });
    const first = await run(one, fail());
    await run(one, fail());
    await run(one, undefined, DRY); // which neither mends it nor ends it
    await run(one, fail('For another reason.'));
    expect(await toldByMail(sql)).toEqual([
      {
        to: ['ada@example.com', 'linus@example.com'],
        notice: {
          ...{ type: 'task-fails', task: TASK, runId: first.id, error: 'The server refused.' },
          failedAt: first.finishedAt?.toISOString(),
        },
      },
    ]);
    const mended = await run(one);
    await run(one);
    expect((await toldByMail(sql)).slice(1)).toEqual([
      {
        to: ['ada@example.com', 'linus@example.com'],
        notice: {
          ...{ type: 'task-recovers', task: TASK, runId: mended.id, state: 'SUCCEEDED' },
          recoveredAt: mended.finishedAt?.toISOString(),
          failingSince: first.finishedAt?.toISOString(),
        },
      },
    ]);
  });

  it('is told to have ended where its answer is held, and that it is', async () => {
    const one = await housekeeping.another({ mail: MAIL_ON });
    await run(one, fail());
    await run(one, () => Promise.resolve({ ...DONE, state: 'HELD' }));
    expect((await toldByMail(sql))[1]?.notice).toMatchObject({ type: 'task-recovers', state: 'HELD' });
  });

  it('is told anew when it begins anew, since then', async () => {
    const one = await housekeeping.another({ mail: MAIL_ON });
    for (const work of [fail(), undefined, fail()]) await run(one, work);
    const [, , again] = await housekeeping.all();
    await run(one);
    const told = await toldByMail(sql);
    expect(told.map(({ notice }) => notice.type)).toEqual([
      ...['task-fails', 'task-recovers'],
      ...['task-fails', 'task-recovers'],
    ]);
    const [began] = await sql<{ at: Date }>('SELECT finished_at AS at FROM housekeeping_runs WHERE id = $1', [
      again?.id,
    ]);
    expect(told[3]?.notice).toMatchObject({ failingSince: began?.at.toISOString() });
  });

  it('is told to have ended to those who were told that it began, and to nobody else', async () => {
    const one = await housekeeping.another({ mail: MAIL_ON });
    await sql(`DELETE FROM group_members m USING users u WHERE u.id = m.user_id AND u.username = 'linus'`);
    await run(one, fail());
    await sql(`INSERT INTO group_members (group_id, user_id)
      SELECT g.id, u.id FROM groups g, users u WHERE u.username IN ('linus', 'edsger')`);
    await run(one, fail('For another reason.'));
    await sql('DELETE FROM outbox_messages'); // as it is when those are old
    await run(one);
    expect(await toldByMail(sql)).toMatchObject([
      { to: ['ada@example.com'], notice: { type: 'task-recovers' } },
    ]);
    await run(one, fail());
    await sql(`DELETE FROM group_members m USING users u WHERE u.id = m.user_id AND u.username = 'ada'`);
    await run(one);
    expect((await toldByMail(sql)).slice(1)).toMatchObject([
      { to: ['ada@example.com', 'edsger@example.com', 'linus@example.com'], notice: { type: 'task-fails' } },
      { to: ['edsger@example.com', 'linus@example.com'], notice: { type: 'task-recovers' } },
    ]);
  });

  it('is told once over two instances that meet it in turn', async () => {
    const one = await housekeeping.another({ mail: MAIL_ON });
    const other = await housekeeping.another({ mail: MAIL_ON });
    for (const instance of [one, other, one, other]) await run(instance, fail());
    await run(other);
    await run(one);
    expect(await occasions(sql)).toEqual(['task-fails', 'task-recovers']);
    expect(await sql('SELECT FROM outbox_messages')).toHaveLength(4);
  });

  it('is told where its process is gone, by the one that takes its place, once', async () => {
    const frozen = await housekeeping.another({ mail: MAIL_ON });
    const gate = new Gate();
    await frozen.runs.begin(TASK, BY_HAND, gate.work);
    await gate.reached;
    await housekeeping.letLeasesExpire();
    const [one, other] = [
      await housekeeping.another({ mail: MAIL_ON }),
      await housekeeping.another({ mail: MAIL_ON }),
    ];
    await Promise.all([one, other].map(({ scheduler }) => scheduler.look()));
    await housekeeping.untilNobodyRuns();
    gate.open();
    expect(await occasions(sql)).toEqual(['task-fails', 'task-recovers']);
  });

  it('is told without the secrets that were in the reason', async () => {
    const one = await housekeeping.another({ mail: MAIL_ON });
    await run(one, fail('ldap://cn=admin:hunter2@ldap.example.com refused, password=hunter3'));
    const [{ notice } = { notice: undefined }] = await toldByMail(sql);
    expect(JSON.stringify(notice)).not.toMatch(/hunter/);
  });
});

describe('nothing is told', () => {
  it('of a dry run, of one that was refused, and of one that goes well', async () => {
    const one = await housekeeping.another({ mail: MAIL_ON });
    await run(one, fail(), DRY);
    await run(one, () => Promise.reject(new RunFailed('It was refused.', { isFault: false })));
    await run(one, () => Promise.resolve(DONE));
    expect(await occasions(sql)).toEqual([]);
  });

  it('of the end of a fault that began when there were no administrators, as before the first answer', async () => {
    const one = await housekeeping.another({ mail: MAIL_ON });
    await sql('TRUNCATE users, groups CASCADE');
    await run(one, fail());
    await someAdminister(sql);
    await run(one);
    expect(await occasions(sql)).toEqual([]);
  });

  it('of the end of a fault that began while no mail was sent, also where an earlier one was told', async () => {
    const one = await housekeeping.another({ mail: MAIL_ON });
    for (const work of [fail(), undefined]) await run(one, work);
    await run(await housekeeping.another(), fail());
    await run(one);
    expect(await occasions(sql)).toEqual(['task-fails', 'task-recovers']);
  });

  it('where no mail is sent, then or later', async () => {
    const silent = await housekeeping.another();
    await run(silent, fail());
    await run(await housekeeping.another({ mail: MAIL_ON }), fail());
    expect(await occasions(sql)).toEqual([]);
  });

  it('of an end that is not committed', async () => {
    const one = await housekeeping.another({ mail: MAIL_ON });
    await run(one, fail());
    const undone: RunWork = async (context) => {
      await context.write(async (tx) => {
        await context.finish(tx, DONE);
        throw new RunFailed('It could not be written.');
      });
      return DONE;
    };
    await run(one, undone);
    expect(await occasions(sql)).toEqual(['task-fails']);
  });
});
