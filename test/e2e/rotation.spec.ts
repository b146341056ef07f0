import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { graphql, introspect, signIn, type Credentials, type SignedIn } from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { changeToken, isActive, issuedIn, rotate, userToken, type Issued } from './token-calls.js';
import { startTwoInstances, type TwoInstances } from './two-instances.js';
import { until } from './waiting.js';

// A minute and a thousand rounds show more, and take longer than every other test: `ROTATION_SECONDS=60 RACE_ROUNDS=1000`.
const LOAD_SECONDS = Number(process.env['ROTATION_SECONDS'] ?? 8);
const RACE_ROUNDS = Number(process.env['RACE_ROUNDS'] ?? 25);
const CLIENTS = 50;
jest.setTimeout(120_000 + LOAD_SECONDS * 2_000 + RACE_ROUNDS * 1_000);

let instances: TwoInstances;
let urls: readonly [string, string];
let gwen: SignedIn;
let root: SignedIn;
let asker: Credentials;

beforeAll(async () => {
  instances = await startTwoInstances();
  urls = [instances.one.url, instances.other.url];
  [gwen, root] = await Promise.all([
    signIn(urls[0], 'gwen', 'gwen-secret'),
    signIn(urls[0], 'root', 'root-secret'),
  ]);
  asker = { token: (await userToken(urls[0], root)).value };
});
afterAll(async () => await instances?.stop());

const somewhere = () => urls[Math.random() < 0.5 ? 0 : 1];
const successorOf = async (token: Issued, input: object = {}) =>
  issuedIn(await rotate(urls[0], gwen, token.id, { ...input }));

describe('fifty clients through one rotation after another', () => {
  it('are never refused, each switching when it gets the successor', async () => {
    let latest = await userToken(urls[0], gwen, { lifetime: 'PT1H' });
    const end = Date.now() + LOAD_SECONDS * 1000;
    const refused: unknown[] = [];
    let asked = 0;
    const client = async () => {
      let mine = latest;
      while (Date.now() < end) {
        const { status, body } = await introspect(somewhere(), asker, mine.value);
        asked += 1;
        if (status !== 200 || body?.['active'] !== true) refused.push({ status, body });
        if (mine !== latest && Math.random() < 0.1) mine = latest; // the news reaches everybody at another moment
      }
    };
    let rotations = 0;
    const team = async () => {
      while (Date.now() < end) {
        await pause(500);
        latest = await successorOf(latest, { overlap: 'PT1M', idempotencyKey: `round-${rotations}` });
        rotations += 1;
      }
    };
    await Promise.all([team(), ...Array.from({ length: CLIENTS }, client)]);
    expect(refused).toEqual([]);
    expect(rotations).toBeGreaterThanOrEqual(2);
    expect(asked).toBeGreaterThan(CLIENTS * 5);
  });
});

describe('a rotated token', () => {
  it('is shown with its successor, and the successor with it', async () => {
    const old = await userToken(urls[0], gwen, { lifetime: 'P3D' });
    const next = await successorOf(old);
    const shown = await graphql<Record<'old' | 'next', unknown>>(
      urls[1],
      gwen,
      `
        query ($old: ID!, $next: ID!) {
          old: token(id: $old) {
            predecessor {
              id
            }
            successor {
              id
            }
            viewerCan
          }
          next: token(id: $next) {
            predecessor {
              id
            }
            successor {
              id
            }
            viewerCan
          }
        }
      `,
      { old: old.id, next: next.id },
    );
    expect(shown.data).toEqual({
      old: { predecessor: null, successor: { id: next.id }, viewerCan: ['UPDATE', 'SUSPEND', 'REVOKE'] },
      next: {
        predecessor: { id: old.id },
        successor: null,
        viewerCan: ['UPDATE', 'ROTATE', 'SUSPEND', 'REVOKE'],
      },
    });
  });

  it('lives on for the overlap, and with none ends at once on every instance', async () => {
    const old = await userToken(urls[0], gwen);
    const next = await successorOf(old, { overlap: 'PT2S' });
    expect(await isActive(urls[1], asker, old.value)).toBe(true);
    await until(async () => !(await isActive(urls[1], asker, old.value)), { seconds: 4 });
    const last = await successorOf(next, { overlap: 'PT0S' });
    expect(await isActive(urls[1], asker, next.value)).toBe(false);
    expect(await isActive(urls[1], asker, last.value)).toBe(true);
  });

  it('is refused a second successor; that is recorded as possible reuse, and kills nothing', async () => {
    const old = await userToken(urls[0], gwen);
    const next = await successorOf(old);
    const again = await rotate(urls[1], gwen, old.id);
    expect([again.code, again.field]).toEqual(['ALREADY_ROTATED', 'id']);
    expect(await isActive(urls[0], asker, old.value)).toBe(true);
    expect(await isActive(urls[0], asker, next.value)).toBe(true);
    const events = (await auditLines(urls[0], root)).filter((event) => event.targetId === old.id);
    expect(events.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['token.created', 'SUCCEEDED'],
      ['token.rotated', 'SUCCEEDED'],
      ['token.rotation-reuse', 'REFUSED'],
    ]);
  });
});

describe('a token that is to end when its successor is first used', () => {
  it('lives until then, and ends on every instance with the first answer', async () => {
    const old = await userToken(urls[0], gwen);
    const next = await successorOf(old, { endOldOnFirstUse: true });
    expect(await isActive(urls[1], asker, old.value)).toBe(true);
    const first = await Promise.all(
      Array.from({ length: 20 }, () => isActive(somewhere(), asker, next.value)),
    );
    expect(new Set(first)).toEqual(new Set([true]));
    expect(await Promise.all(urls.map((url) => isActive(url, asker, old.value)))).toEqual([false, false]);
  });

  it('is not ended by a successor that does not resolve', async () => {
    const old = await userToken(urls[0], gwen);
    const next = await successorOf(old, { endOldOnFirstUse: true });
    await changeToken(urls[0], gwen, 'suspendToken', next.id);
    expect(await isActive(urls[1], asker, next.value)).toBe(false);
    expect(await isActive(urls[1], asker, old.value)).toBe(true);
  });

  it('is ended also where the successor makes a request of its own', async () => {
    const old = await userToken(urls[0], gwen);
    const next = await successorOf(old, { endOldOnFirstUse: true });
    const viewer = await graphql(urls[1], { token: next.value }, '{ viewer { token { id } } }');
    expect(viewer.data).toMatchObject({ viewer: { token: { id: next.id } } });
    expect(await isActive(urls[0], asker, old.value)).toBe(false);
  });
});

describe('a token that rotates itself', () => {
  it('may, with tokens:rotate-self, and rotates no other', async () => {
    const mine = await userToken(urls[0], root, { scopes: ['tokens:rotate-self', 'tokens:read'] });
    const other = await userToken(urls[0], root);
    const refused = await rotate(urls[0], { token: mine.value }, other.id);
    expect(refused.code).toBe('FORBIDDEN');
    const next = issuedIn(await rotate(urls[0], { token: mine.value }, mine.id));
    expect(await isActive(urls[1], asker, next.value)).toBe(true);
    expect((await rotate(urls[0], { token: next.value }, mine.id)).code).toBe('FORBIDDEN');
  });

  it('may not without it', async () => {
    const mine = await userToken(urls[0], root, { scopes: ['tokens:read'] });
    expect((await rotate(urls[0], { token: mine.value }, mine.id)).code).toBe('FORBIDDEN');
  });
});

describe('twenty calls that race on one token', () => {
  it('leave one successor at most, and after a revoke nothing that it could have ended lives', async () => {
    for (let round = 0; round < RACE_ROUNDS; round += 1) {
      const token = await userToken(urls[0], gwen);
      const calls = Array.from({ length: 20 }, (_, i) => async () => {
        const url = urls[i % 2 === 0 ? 0 : 1];
        if (i % 4 === 0) return (await rotate(url, gwen, token.id)).errors.length === 0;
        if (i % 4 === 1) await changeToken(url, gwen, 'suspendToken', token.id);
        if (i % 4 === 2) await introspect(url, asker, token.value);
        if (i === 7) await changeToken(url, gwen, 'revokeToken', token.id);
        return false;
      });
      const outcomes = await Promise.all(calls.map((call) => call()));
      expect(outcomes.filter(Boolean).length).toBeLessThanOrEqual(1);
      expect(await Promise.all(urls.map((url) => isActive(url, asker, token.value)))).toEqual([false, false]);
      expect((await rotate(urls[0], gwen, token.id)).code).toMatch(/^(ALREADY_ROTATED|TOKEN_NOT_ACTIVE)$/);
    }
  });
});
