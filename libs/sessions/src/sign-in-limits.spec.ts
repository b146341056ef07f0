import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FrontDoor } from '../test/front-door.js';
import { SignInLimits } from './sign-in-limits.js';

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

const wrong = (username = 'grace') => ({ username, password: 'wrong' });
const right = { username: 'grace', password: 'grace-demo' };
const statuses = async (answers: Promise<Response>[]) =>
  (await Promise.all(answers)).map(({ status }) => status);

describe('wrong passwords of one user from one address', () => {
  const from = { 'x-forwarded-for': '203.0.113.1' };

  it('are answered ten times, over all instances and spellings, and recorded so often', async () => {
    const doors = [here, there];
    const answers = Array.from({ length: 16 }, (_, i) =>
      (doors[i % 2] as FrontDoor).signIn(wrong(i % 3 === 0 ? 'GRACE' : 'grace'), from),
    );
    expect((await statuses(answers)).sort()).toEqual([
      ...Array<number>(10).fill(401),
      ...Array<number>(6).fill(429),
    ]);
    expect(await here.events('session.refused')).toHaveLength(10);
  });

  it('keep out the right one too, and say for how long', async () => {
    const response = await there.signIn(right, from);
    expect([response.status, await response.json()]).toEqual([
      429,
      expect.objectContaining({ code: 'RATE_LIMITED' }),
    ]);
    const seconds = Number(response.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(15 * 60);
  });

  it('keep out neither the user elsewhere nor others from there', async () => {
    expect((await here.signIn(right, { 'x-forwarded-for': '203.0.113.2' })).status).toBe(201);
    expect((await here.signIn({ username: 'ada', password: 'ada-demo' }, from)).status).toBe(201);
  });

  it('count again when the quarter of an hour is over', async () => {
    await here.sql('UPDATE sign_in_failures SET expire = 1');
    expect((await here.signIn(right, from)).status).toBe(201);
  });
});

it('right passwords are never counted, however many at once', async () => {
  const from = { 'x-forwarded-for': '203.0.113.3' };
  const answers = Array.from({ length: 12 }, () => here.signIn(right, from));
  expect(new Set(await statuses(answers))).toEqual(new Set([201]));
});

it('a body that cannot be read is not counted', async () => {
  const from = { 'x-forwarded-for': '203.0.113.4' };
  const answers = Array.from({ length: 12 }, () => here.signIn({ username: 'grace' }, from));
  expect(new Set(await statuses(answers))).toEqual(new Set([400]));
  expect((await here.signIn(right, from)).status).toBe(201);
});

describe('wrong passwords from one address, whoever was meant', () => {
  it('are answered a hundred times', async () => {
    const limits = new SignInLimits(here.database);
    const address = '203.0.113.5';
    const attempt = (i: number) => ({ username: `user-${i}`, address });
    for (let i = 0; i < 99; i += 1) expect(await limits.countFailure(attempt(i))).toBe(0);
    expect(await limits.secondsToWait(attempt(1_000))).toBe(0);
    expect(await limits.countFailure(attempt(99))).toBe(0);
    expect(await limits.secondsToWait(attempt(1_000))).toBeGreaterThan(0);
    expect(await limits.countFailure(attempt(100))).toBeGreaterThan(0);
    expect(await limits.secondsToWait({ ...attempt(1_000), address: '203.0.113.6' })).toBe(0);
  });
});

it('the table of failures says neither whom nor from where', async () => {
  const [stored] = await here.sql<{ all: string }>('SELECT json_agg(f)::text AS all FROM sign_in_failures f');
  expect(stored?.all).not.toMatch(/grace|203\.0\.113/i);
});
