import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FrontDoor, PEOPLE } from '../test/front-door.js';

let door: FrontDoor;
beforeAll(async () => {
  door = await FrontDoor.open();
});
afterAll(() => door.close());

const GRACE = PEOPLE.users[1] as (typeof PEOPLE.users)[1];
const right = { username: 'grace', password: 'grace-demo' };
let visitors = 0;
/** As another visitor each time: nobody is to be kept out for what another sentence did. */
const from = (address = `198.51.100.${(visitors += 1)}`) => ({ 'x-forwarded-for': address });

describe('signing in', () => {
  it('gives a session as text and as a cookie that neither scripts nor other sites can use', async () => {
    const response = await door.signIn(right, from());
    const body = (await response.json()) as { sessionToken: string; expiresAt: string };
    expect(response.status).toBe(201);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      sessionToken: expect.stringMatching(/^tws_[A-Za-z0-9_-]{43}$/),
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      user: { id: GRACE.id, username: 'grace', displayName: 'Grace' },
    });
    expect(response.headers.get('set-cookie')).toBe(
      `tokenwarden_session=${body.sessionToken}; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict`,
    );
  });

  it('takes any spelling of the name that is the same name', async () =>
    expect((await door.signIn({ ...right, username: 'GRACE' }, from())).status).toBe(201));

  it('keeps no session token, only what it can be found by', async () => {
    const { sessionToken } = (await (await door.signIn(right, from())).json()) as { sessionToken: string };
    const [stored] = await door.sql<{ all: string }>('SELECT json_agg(s)::text AS all FROM sessions s');
    const [trail] = await door.sql<{ all: string }>(
      'SELECT json_agg(a)::text AS all FROM audit_pending_events a',
    );
    expect(`${stored?.all}${trail?.all}`).not.toContain(sessionToken.slice(4));
  });

  it('is recorded, and seen as the last sign-in', async () => {
    const address = '203.0.113.9';
    await door.signIn(right, { ...from(address), 'user-agent': 'console' });
    expect((await door.events('session.created')).at(-1)).toMatchObject({
      actor_kind: 'USER',
      actor_id: GRACE.id,
      target_id: GRACE.id,
      address,
      user_agent: 'console',
    });
    const [user] = await door.sql<{ at: Date | null }>(
      'SELECT last_sign_in_at AS at FROM users WHERE id = $1',
      [GRACE.id],
    );
    expect(user?.at).toBeInstanceOf(Date);
  });
});

describe('a sign-in that fails', () => {
  it.each([
    ['an unknown name', { username: 'nobody', password: 'grace-demo' }],
    ['a wrong password', { username: 'grace', password: 'wrong' }],
    ['a disabled user', { username: 'barbara', password: 'barbara-demo' }],
  ])('for %s is the same 401', async (_, body) => {
    const response = await door.signIn(body, { ...from(), 'x-request-id': 'request-1' });
    expect([response.status, response.headers.get('set-cookie')]).toEqual([401, null]);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      code: 'UNAUTHENTICATED',
      detail: 'Username or password is wrong.',
      requestId: 'request-1',
    });
  });

  it('is recorded with whom it meant, but never with a name that is nobody', async () => {
    await door.signIn({ username: 'Grace', password: 'wrong' }, from());
    expect((await door.events('session.refused')).at(-1)).toMatchObject({
      outcome: 'REFUSED',
      target_id: GRACE.id,
    });
    await door.signIn({ username: 'my secret password', password: 'grace' }, from());
    const event = (await door.events('session.refused')).at(-1);
    expect(event).toMatchObject({ outcome: 'REFUSED', target_id: null });
    expect(JSON.stringify(event)).not.toContain('my secret password');
  });
});

it('a sign-in under an id that is already that of a service account is 503', async () => {
  const { id } = PEOPLE.users[0] as (typeof PEOPLE.users)[0];
  await door.sql('DELETE FROM users WHERE id = $1', [id]);
  await door.sql(
    `INSERT INTO service_accounts (id, name, search_text, created_at, created_by) VALUES ($1, 'etl', 'etl', now(), '{}')`,
    [id],
  );
  const response = await door.signIn({ username: 'ada', password: 'ada-demo' }, from());
  expect([response.status, await response.json()]).toEqual([
    503,
    expect.objectContaining({ code: 'DIRECTORY_UNAVAILABLE' }),
  ]);
  expect(await door.sql('SELECT FROM users WHERE id = $1', [id])).toEqual([]);
});

describe('a sign-in that cannot be read', () => {
  it.each<[unknown, string | undefined]>([
    [{ username: 'grace' }, 'password'],
    [{ password: 'x' }, 'username'],
    [{ username: '', password: 'x' }, 'username'],
    [{ username: 'grace', password: '' }, 'password'],
    [{ username: 7, password: 'x' }, 'username'],
    [{ username: 'grace', password: ['grace-demo'] }, 'password'],
    [{ username: 'x'.repeat(257), password: 'x' }, 'username'],
    [{ username: 'grace', password: 'x'.repeat(1_001) }, 'password'],
    [{ username: 'gr\u0000ace', password: 'x' }, 'username'],
    [{ username: 'gr\ud800ace', password: 'x' }, 'username'],
    [{ username: 'grace', password: 'x', remember: true }, 'remember'],
    [[], undefined],
    ['null', undefined],
    ['{', undefined],
  ])('%j is 400 on %s', async (body, field) => {
    const response = await door.signIn(body, from());
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'INVALID_INPUT', ...(field === undefined ? {} : { field }) }),
    ]);
  });
});

it('a sign-in as a form is 415', async () => {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  expect((await door.signIn('username=grace&password=grace-demo', { ...from(), ...type })).status).toBe(415);
});

describe('a page of another site', () => {
  it.each(['https://evil.example', 'null', 'http://tokens.example'])(
    'from %s cannot sign in or out',
    async (origin) => {
      const session = await door.sessionOf('grace');
      const cookie = `tokenwarden_session=${session}`;
      expect((await door.signIn(right, { ...from(), origin })).status).toBe(403);
      expect((await door.signOut({ cookie, origin })).status).toBe(403);
      expect(
        await door.sessions.callerOfSession(session, { address: null, userAgent: null, requestId: null }),
      ).toBeDefined();
    },
  );
  it.each(['https://tokens.example', 'https://console.example'])(
    'that is ours or allowed, as %s, can',
    async (origin) => expect((await door.signIn(right, { ...from(), origin })).status).toBe(201),
  );
});
