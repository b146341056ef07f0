import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  graphql,
  introspect,
  revoke,
  signIn,
  startProduct,
  type RunningProduct,
  type SignedIn,
} from '../harness/index.js';
import { postmasterOf, runs } from './embedded-postgres.js';
import { changeToken, gateway, userToken, type Issued } from './token-calls.js';
import { until } from './waiting.js';

jest.setTimeout(120_000);

const ANSWERED_WITHIN_SECONDS = 5;
const BACK_WITHIN_SECONDS = 10;
const LOST_AFTER_SECONDS = 30;
const VIEWER = '{ viewer { user { username } } }';

let product: RunningProduct;
let gate: { token: string };
let grace: SignedIn;
let ada: SignedIn;
let token: Issued;
let dead: Issued;

beforeAll(async () => {
  product = await startProduct();
  gate = await gateway(product.url);
  grace = await signIn(product.url, 'grace');
  ada = await signIn(product.url, 'ada');
  dead = await userToken(product.url, grace);
  await changeToken(product.url, grace, 'revokeToken', dead.id);
});
beforeEach(async () => {
  token = await userToken(product.url, grace);
});
afterAll(async () => {
  await product.stop();
});

/** A call, as it was answered during an outage and how long that took. */
interface Observed {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: unknown;
  readonly code?: string | undefined;
  readonly seconds: number;
}

/** Every kind of call that needs the database. */
const CALLS: Readonly<Record<string, () => Promise<Omit<Observed, 'seconds'>>>> = {
  'introspection of a live token': () => introspected(token.value),
  'introspection of a revoked token': () => introspected(dead.value),
  'a GraphQL query': () => asked(VIEWER),
  'a GraphQL mutation': () =>
    asked(`mutation { revokeToken(input: { id: "${token.id}" }) { token { id } } }`),
  'a GraphQL query by token': () => asked(VIEWER, token.value),
  'signing in': () =>
    plain(
      'POST',
      '/session',
      { 'content-type': 'application/json' },
      '{"username":"linus","password":"linus-demo"}',
    ),
  'the audit trail': () => plain('GET', '/audit/events.ndjson', { authorization: `Bearer ${ada.token}` }),
  readiness: () => plain('GET', '/health/ready', {}),
};

describe('the embedded Postgres, killed again and again', () => {
  it('leaves every call either right or refused with 503, within 5 s, and is back within 10 s', async () => {
    for (let round = 0; round < 3; round++) {
      const postmaster = postmasterOf(product.dataDirectory) ?? 0;
      process.kill(postmaster, 'SIGKILL');
      const seen = await watchUntilBack();
      expect(seen.lies).toEqual([]);
      expect(seen.slow).toEqual([]);
      expect(seen.seconds).toBeLessThan(BACK_WITHIN_SECONDS);
      expect(postmasterOf(product.dataDirectory)).not.toBe(postmaster);
      expect(runs(product.pid)).toBe(true);
    }
  });
});

describe('a Postgres that hangs', () => {
  let frozen: readonly number[] = [];

  beforeEach(async () => {
    frozen = postgresProcesses(product.dataDirectory);
    expect(frozen.length).toBeGreaterThan(1);
    for (const pid of frozen) process.kill(pid, 'SIGSTOP');
  });
  afterEach(() => {
    for (const pid of frozen) if (runs(pid)) process.kill(pid, 'SIGCONT');
  });

  it('ends every call in 503 with Retry-After within 5 s, and everything is well when it goes on', async () => {
    const answers = await Promise.all(
      Object.entries(CALLS).map(async ([name, call]) => ({ name, ...(await observed(call)) })),
    );
    const wrong = answers.filter((seen) => !isPlainlyUnavailable(seen));
    expect(wrong).toEqual([]);
    expect(answers.filter(({ seconds }) => seconds > ANSWERED_WITHIN_SECONDS)).toEqual([]);
    // Documents and liveness need no database.
    for (const path of ['/health/live', '/.well-known/oauth-authorization-server', '/.well-known/jwks.json'])
      expect((await fetch(`${product.url}${path}`)).status).toBe(200);

    for (const pid of frozen) process.kill(pid, 'SIGCONT');
    await until(async () => (await fetch(`${product.url}/health/ready`)).status === 200, {
      seconds: BACK_WITHIN_SECONDS,
    });
    expect((await graphql(product.url, grace, VIEWER)).status).toBe(200);
  });

  it('also call after call, when every connection is taken', async () => {
    const burst = Array.from({ length: 30 }, () => observed(() => introspected(token.value)));
    const answers = await Promise.all(burst);
    expect(answers.filter((seen) => !isPlainlyUnavailable(seen))).toEqual([]);
    expect(answers.filter(({ seconds }) => seconds > ANSWERED_WITHIN_SECONDS)).toEqual([]);
  });

  it('does not make the holder believe that a revoke is done', async () => {
    const answer = await revoke(product.url, undefined, token.value);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  it('says nothing about what it cannot decide, and at once what needs no database', async () => {
    const forged = `${token.value.slice(0, -8)}AAAAAAAA`;
    const { status } = await introspected(forged);
    expect(status).toBe(503); // the caller cannot be decided
    const stranger = await introspect(product.url, { token: forged }, token.value);
    expect([stranger.status, stranger.body?.['error']]).toEqual([401, 'invalid_client']);
  });
});

/** Calls everything, again and again, until every answer is right. */
async function watchUntilBack() {
  const began = performance.now();
  const [lies, slow]: [unknown[], unknown[]] = [[], []];
  for (;;) {
    const answers = await Promise.all(
      Object.entries(CALLS)
        .filter(([name]) => name !== 'a GraphQL mutation')
        .map(async ([name, call]) => ({ name, ...(await observed(call)) })),
    );
    const wrong = answers.filter((seen) => !isRight(seen));
    lies.push(...wrong.filter((seen) => !isPlainlyUnavailable(seen)));
    slow.push(...answers.filter((seen) => seen.seconds > ANSWERED_WITHIN_SECONDS));
    const seconds = (performance.now() - began) / 1000;
    if (wrong.length === 0) return { lies, slow, seconds };
    if (seconds > LOST_AFTER_SECONDS) throw new Error(`It does not come back: ${JSON.stringify(wrong)}`);
  }
}

function isRight({ name, status, body }: Observed & { readonly name: string }): boolean {
  if (name === 'introspection of a live token') return status === 200 && isSaidToBe(body, true);
  if (name === 'introspection of a revoked token') return status === 200 && isSaidToBe(body, false);
  return name === 'signing in' ? status === 201 : status === 200;
}

function isSaidToBe(body: unknown, active: boolean): boolean {
  return (body as { active?: unknown } | undefined)?.active === active;
}

function isPlainlyUnavailable({ status, retryAfter, code }: Observed): boolean {
  return status === 503 && /^\d+$/.test(retryAfter ?? '') && (code === undefined || code === 'UNAVAILABLE');
}

async function observed(call: () => Promise<Omit<Observed, 'seconds'>>): Promise<Observed> {
  const began = performance.now();
  const seen = await call();
  return { ...seen, seconds: (performance.now() - began) / 1000 };
}

async function introspected(value: string): Promise<Omit<Observed, 'seconds'>> {
  const { status, headers, body } = await introspect(product.url, gate, value);
  return { status, retryAfter: headers.get('retry-after'), body };
}

async function asked(document: string, bearer = grace.token): Promise<Omit<Observed, 'seconds'>> {
  const answer = await graphql(product.url, { token: bearer }, document);
  const { status, headers, code, errors } = answer;
  return { status, retryAfter: headers.get('retry-after'), code, body: errors };
}

async function plain(method: string, path: string, headers: Record<string, string>, body?: string) {
  const answer = await fetch(`${product.url}${path}`, { method, headers, ...(body ? { body } : {}) });
  const text = await answer.text();
  const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json');
  const code = isProblem ? (JSON.parse(text) as { code?: string }).code : undefined;
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: text, code };
}

/** The postmaster and every process it has made: all of them work in the data directory. */
function postgresProcesses(dataDirectory: string): number[] {
  const data = join(dataDirectory, 'postgres/data');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const isPostgres = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
        return isPostgres && readlinkSync(`/proc/${pid}/cwd`) === data;
      } catch {
        return false; // gone meanwhile
      }
    });
}
