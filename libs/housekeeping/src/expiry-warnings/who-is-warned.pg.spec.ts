import { describe, expect, it } from '@jest/globals';
import { warningWorldForSpecs, type WantedToken } from '../../test/warning-world.js';
import { decideNext, type Found } from '../warnings/through-ends.queries.js';
import type { WarningChannels } from '../warnings/warning-channels.js';
import { expiringTokens } from './expiring-tokens.queries.js';

const THRESHOLDS = ['P30D', 'P7D', 'P1D'];
const MAIL: WarningChannels = { byMail: true, byWebhook: false, webhook: null };
const ALL = { behind: null, most: 1_000 };
const world = warningWorldForSpecs();

const decide = (channels = MAIL, thresholds = THRESHOLDS): Promise<Found> =>
  world.server.database.transaction((tx) => decideNext(tx, expiringTokens(thresholds, channels), ALL));

const decideBehind = (behind: Found['last']): Promise<Found> =>
  world.server.database.transaction((tx) =>
    decideNext(tx, expiringTokens(THRESHOLDS, MAIL), { behind, most: 2 }),
  );

describe('what is decided of a token', () => {
  it.each<[string, Omit<WantedToken, 'userId'>, number[]]>([
    ['nothing a second before the longest threshold', { ends: '30 days 5 seconds' }, []],
    ['the longest threshold from its moment on', { ends: '30 days' }, [30]],
    ['of several that have passed the most urgent alone, however long ago', { ends: '1 minute' }, [1]],
    ['the most urgent that has passed', { ends: '6 days' }, [7]],
    ['nothing of a threshold as long as its whole life', { ends: '12 hours', lives: '1 day' }, []],
    ['a threshold that is shorter than its life', { ends: '12 hours', lives: '1 day 1 second' }, [1]],
    ['nothing once it has ended', { ends: '-1 second' }, []],
    ['nothing where it is revoked', { ends: '1 hour', isRevoked: true }, []],
    ['nothing where it has a successor', { ends: '1 hour', isRotated: true }, []],
    ['the same where it is suspended', { ends: '1 hour', isSuspended: true }, [1]],
  ])('is %s', async (_, wanted, thresholds) => {
    await world.token({ ...wanted, userId: await world.user('grace') });
    await decide();
    expect((await world.warnings()).map(({ threshold }) => threshold)).toEqual(thresholds);
  });

  it('stands once for each threshold and end, with one event', async () => {
    await world.token({ ends: '6 days', userId: await world.user('grace') });
    expect(await decide()).toMatchObject({ examined: 1, due: 1 });
    expect(await decide()).toMatchObject({ examined: 1, due: 0 });
    await world.sql(`UPDATE access_tokens SET ends_at = ends_at - interval '5 days 12 hours'`);
    await world.sql(`UPDATE token_warnings SET ends_at = ends_at - interval '5 days 12 hours'`);
    expect(await decide()).toMatchObject({ due: 1 }); // the next threshold of the same end
    expect((await world.warnings()).map(({ threshold }) => threshold)).toEqual([7, 1]);
    const [ends] = await world.sql<{ at: Date }>('SELECT ends_at AS at FROM access_tokens');
    expect(await world.warnedEvents()).toEqual([
      { name: 'laptop', details: expect.objectContaining({ kind: 'EXPIRY', threshold: 'P7D' }) },
      { name: 'laptop', details: { kind: 'EXPIRY', threshold: 'P1D', endsAt: ends?.at.toISOString() } },
    ]);
  });

  it('begins anew where the end moves', async () => {
    await world.token({ ends: '6 days', userId: await world.user('grace') });
    await decide();
    await world.sql(`UPDATE access_tokens SET ends_at = ends_at - interval '1 day'`);
    expect(await decide()).toMatchObject({ due: 1 });
    expect((await world.warnings()).map(({ threshold }) => threshold)).toEqual([7, 7]);
  });

  it('is nothing of a longer threshold that is added behind a more urgent warning', async () => {
    await world.token({ ends: '12 hours', userId: await world.user('grace') });
    await decide(MAIL, ['P1D']);
    expect(await decide(MAIL, ['P7D', 'P1D'])).toMatchObject({ due: 0 });
    expect(await decide(MAIL, ['P1D', 'PT13H'])).toMatchObject({ due: 1 }); // this one is more urgent
  });

  it.each(['20 days', '300 days'])(
    'is of the end that a cap has set, not of %s, before it is written',
    async (ends) => {
      const grace = await world.user('grace');
      const id = await world.token({ ends, userId: grace });
      await world.sql(
        `WITH cap AS (INSERT INTO bulk_caps (id, decided_at, author, policy_version, enforce_from, maxima, token_count)
         VALUES (gen_random_uuid(), now(), '{}', 1, date_trunc('second', now() + interval '3 days'), '{"interactive": 60}', 1) RETURNING id)
       INSERT INTO bulk_cap_sets SELECT id, $1::uuid, $1::uuid, ARRAY[$1::uuid] FROM cap`,
        [id],
      );
      await decide();
      expect((await world.warnings()).map(({ threshold }) => threshold)).toEqual([7]);
    },
  );

  it('is nothing of what a bulk revocation has ended, whether that is written or not', async () => {
    const id = await world.token({ ends: '20 days', userId: await world.user('grace') });
    await world.sql(
      `WITH one AS (INSERT INTO bulk_revocations (id, revoked_at, author, token_count)
         VALUES (gen_random_uuid(), now(), '{"actor": {}}', 1) RETURNING id)
       INSERT INTO bulk_revocation_sets SELECT id, $1::uuid, $1::uuid, ARRAY[$1::uuid] FROM one`,
      [id],
    );
    expect(await decide()).toMatchObject({ examined: 1, due: 0 });
  });

  it('goes on behind what was looked at, by end and id', async () => {
    const grace = await world.user('grace');
    for (const ends of ['1 hour', '1 hour', '1 hour', '1 hour']) await world.token({ ends, userId: grace });
    await world.sql(`UPDATE access_tokens SET ends_at = (SELECT min(ends_at) FROM access_tokens)`);
    const seen: number[] = [];
    let behind: Found['last'] = null;
    do {
      const found = await decideBehind(behind);
      seen.push(found.due);
      behind = found.last;
    } while (behind);
    expect(seen).toEqual([2, 2, 0]);
  });
});

describe('who is told', () => {
  it('is the owner of a user token', async () => {
    await world.user('ada');
    await world.token({ ends: '1 hour', userId: await world.user('grace') });
    await decide();
    expect(await world.toldOf('laptop')).toEqual(['grace']);
    expect(await world.warnings()).toEqual([{ token: 'laptop', threshold: 1, recipients: 1, isSent: false }]);
  });

  it.each([
    ['is disabled', { state: 'DISABLED' as const }, []],
    ['was removed', { state: 'REMOVED' as const }, []],
    ['has no address', { email: null }, ['grace']],
  ])('is nobody where the owner %s', async (_, wanted, withoutEmail) => {
    const admin = await world.user('ada');
    await world.group([admin], { isPinned: true });
    await world.token({ ends: '1 hour', userId: await world.user('grace', wanted) });
    expect(await decide()).toMatchObject({ due: 1, withoutEmail });
    expect(await world.warnings()).toEqual([{ token: 'laptop', threshold: 1, recipients: 0, isSent: true }]);
  });

  it('is every member of the live groups of an account, now, each once', async () => {
    const [grace, linus, edsger, barbara] = [
      await world.user('grace'),
      await world.user('linus'),
      await world.user('edsger', { email: null }),
      await world.user('barbara', { state: 'DISABLED' }),
    ];
    const left = await world.user('left');
    const one = await world.group([grace, linus, edsger, barbara, left]);
    const other = await world.group([grace]);
    const gone = await world.group([await world.user('foreign')], { isRemoved: true });
    await world.sql('DELETE FROM group_members WHERE user_id = $1', [left]);
    await world.token({ ends: '1 hour', accountId: await world.account('etl', [one, other, gone]) });
    expect(await decide()).toMatchObject({ withoutEmail: ['edsger'] });
    expect(await world.toldOf('laptop')).toEqual(['grace', 'linus']);
    expect(await world.warnings()).toMatchObject([{ recipients: 2 }]);
  });

  it('is the administrators where no member of an account can be told', async () => {
    const [ada, edsger] = [await world.user('ada'), await world.user('edsger', { email: null })];
    const silent = await world.user('silent', { email: null });
    await world.group([ada, silent], { isPinned: true });
    await world.group([await world.user('past')], { isPinned: true, isRemoved: true });
    const mute = await world.account('mute', [await world.group([edsger])]);
    const orphan = await world.account('orphan', []);
    await world.token({ ends: '1 hour', accountId: mute, name: 'mute' });
    await world.token({ ends: '1 hour', accountId: orphan, name: 'orphan' });
    await decide();
    expect(await world.toldOf('mute')).toEqual(['ada']);
    expect(await world.toldOf('orphan')).toEqual(['ada']);
  });

  it('is nobody where nobody administers', async () => {
    await world.token({ ends: '1 hour', accountId: await world.account('orphan', []) });
    await decide();
    expect(await world.warnings()).toMatchObject([{ recipients: 0, isSent: true }]);
  });

  it('is the webhook beside them, or alone', async () => {
    await world.token({ ends: '1 hour', userId: await world.user('grace', { email: null }) });
    const webhook = { byWebhook: true, webhook: 'on' } as const;
    await decide({ ...webhook, byMail: true });
    expect(await world.warnings()).toMatchObject([{ recipients: 0, isSent: false }]);
    await world.sql('TRUNCATE token_warnings CASCADE');
    expect(await decide({ ...webhook, byMail: false })).toMatchObject({ due: 1, withoutEmail: [] });
    const told = await world.sql('SELECT channel, user_id FROM token_warning_recipients');
    expect(told).toEqual([{ channel: 'WEBHOOK', user_id: null }]);
  });
});
