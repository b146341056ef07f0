import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FrontDoor, ORIGIN, PEOPLE } from '../test/front-door.js';

let here: FrontDoor;
let there: FrontDoor;
beforeAll(async () => {
  here = await FrontDoor.open();
  there = await FrontDoor.open({ beside: here });
});
afterAll(async () => {
  await there.close();
  await here.close();
});

let session: string;
beforeEach(async () => {
  session = await here.sessionOf('grace');
});

const callerHere = () => here.sessions.callerOfSession(session, ORIGIN);
const callerThere = () => there.sessions.callerOfSession(session, ORIGIN);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const [, grace] = PEOPLE.users;
const graceId = grace?.id ?? '';

describe('a session', () => {
  it('is its user, with what their groups grant now, at every instance', async () => {
    await here.sql(`UPDATE groups SET grants = '{dataset/*:read,dataset/a:read,spark-job/*:*}'`);
    expect(await callerThere()).toEqual({
      carrier: 'session',
      principal: { kind: 'USER', id: graceId, name: 'grace' },
      groupIds: [PEOPLE.groups[0]?.id],
      permissions: ['dataset/*:read', 'spark-job/*:*'],
      tokenId: null,
      sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      endsAt: expect.any(Date),
      origin: ORIGIN,
    });
  });

  it('holds everything where one of the groups is pinned as administrators', async () => {
    await here.sql(`INSERT INTO administrator_groups (setting_name, group_id) SELECT name, id FROM groups`);
    expect((await callerHere())?.permissions).toEqual(['*:*']);
    await here.sql('DELETE FROM administrator_groups');
  });

  it('ends with its time', async () => {
    await here.sql(`UPDATE sessions SET created_at = now() - interval '1 day', expires_at = now()`);
    expect(await callerHere()).toBeUndefined();
  });

  it.each(['DISABLED', 'REMOVED'])('is dead while its user is %s', async (state) => {
    await here.sql(
      `UPDATE users SET state = $1, removed_at = CASE $1 WHEN 'REMOVED' THEN now() END WHERE id = $2`,
      [state, graceId],
    );
    expect(await callerThere()).toBeUndefined();
    await here.sql(`UPDATE users SET state = 'ACTIVE', removed_at = NULL WHERE id = $1`, [graceId]);
  });

  it('stays dead when its user was disabled and came back; a new one lives', async () => {
    await here.sql('UPDATE users SET sessions_end_before = clock_timestamp() WHERE id = $1', [graceId]);
    expect(await callerThere()).toBeUndefined();
    const later = await here.sessionOf('grace');
    expect(await there.sessions.callerOfSession(later, ORIGIN)).toBeDefined();
  });

  it('is nobody where the token is none', async () => {
    for (const token of ['', 'tws_', `tws_${'A'.repeat(43)}`, `${session} `, session.slice(0, -1), 'eyJ']) {
      expect(await here.sessions.callerOfSession(token, ORIGIN)).toBeUndefined();
    }
  });

  it('that expired long ago is swept by a later sign-in', async () => {
    await here.sql(
      `UPDATE sessions SET created_at = now() - interval '9 days', expires_at = now() - interval '8 days'`,
    );
    await here.sessionOf('grace');
    expect(await here.sql('SELECT 1 FROM sessions')).toHaveLength(1);
  });
});

describe('signing out', () => {
  it('ends the session everywhere at once, and is recorded', async () => {
    const before = (await here.events('session.ended')).length;
    const response = await here.signOut(bearer(session));
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(response.headers.get('set-cookie')).toMatch(/^tokenwarden_session=; Path=\/; Max-Age=0;/);
    expect(await callerThere()).toBeUndefined();
    const events = await here.events('session.ended');
    expect(events).toHaveLength(before + 1);
    expect(events.at(-1)).toMatchObject({ actor_id: graceId, target_id: graceId });
  });

  it('goes by cookie too', async () => {
    expect((await there.signOut({ cookie: `other=1; tokenwarden_session=${session}` })).status).toBe(204);
    expect(await callerHere()).toBeUndefined();
  });

  it('of many at once, at many instances, is one end', async () => {
    const before = (await here.events('session.ended')).length;
    const answers = Array.from({ length: 12 }, (_, i) => (i % 2 ? here : there).signOut(bearer(session)));
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([204]));
    expect(await here.events('session.ended')).toHaveLength(before + 1);
  });

  it('ends one session and no other', async () => {
    const other = await here.sessionOf('grace');
    await here.signOut(bearer(session));
    expect(await here.sessions.callerOfSession(other, ORIGIN)).toBeDefined();
  });

  it('is 204 with whatever credential, and records nothing for one that is dead', async () => {
    await here.signOut(bearer(session));
    const before = (await here.events('session.ended')).length;
    for (const token of [session, `tws_${'A'.repeat(43)}`, 'garbage']) {
      expect((await here.signOut(bearer(token))).status).toBe(204);
    }
    expect(await here.events('session.ended')).toHaveLength(before);
  });

  it('is 401 without a credential, 400 with two', async () => {
    expect((await here.signOut({})).status).toBe(401);
    expect((await here.signOut({ authorization: 'Basic eDp5' })).status).toBe(401);
    const both = { ...bearer(session), cookie: `tokenwarden_session=${session}` };
    expect((await here.signOut(both)).status).toBe(400);
    expect(await callerHere()).toBeDefined();
  });
});
