import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startProduct, type RunningProduct } from '../harness/index.js';
import { jsonOf, printedBy, tourOfReadme, walk, type Step } from './shell-tour.js';

let product: RunningProduct;
let steps: Step[];

beforeAll(async () => {
  product = await startProduct();
  const tour = tourOfReadme('tour');
  const base = /^BASE=(.*)$/m.exec(tour)?.[1] ?? '';
  expect(base).toBe('http://127.0.0.1:3000');
  steps = await walk(tour.replace(`BASE=${base}`, `BASE=${product.url}`));
}, 120_000);

afterAll(async () => {
  await product.stop();
});

describe('the tour of the README', () => {
  it('runs line by line, and no line fails', () => {
    expect(steps.length).toBeGreaterThan(10);
    expect(steps.filter((step) => step.exitCode !== 0)).toEqual([]);
  });

  it('says first who Grace is and what she may do', () => {
    const { viewer } = jsonOf(printedBy(steps, 'viewer'))['data'] as Record<string, unknown>;
    expect(viewer).toMatchObject({
      user: { username: 'grace' },
      permissions: ['dataset/*:read', 'dataset/*:write', 'spark-job/*:*'],
    });
  });

  it('introspects both tokens as alive, and the revoked one as dead', () => {
    const [user, account, ...after] = steps
      .filter((step) => step.command.startsWith('introspect '))
      .map(jsonOf);
    expect(user).toMatchObject({ active: true, username: 'grace', scope: 'dataset/sales/*:read' });
    expect(account).toMatchObject({
      active: true,
      username: 'nightly-etl',
      principal_type: 'service_account',
    });
    expect(after).toEqual([{ active: false }]);
  });

  it('ends with what happened, as the administrator reads it', () => {
    const last = steps.at(-1)?.printed.trim().split('\n') ?? [];
    const events = last.map((line) => JSON.parse(line) as { action: string; actor: { name: string } });
    expect(events.map((event) => `${event.action} ${event.actor.name}`)).toEqual([
      'token.created linus',
      'token.revoked grace',
      'session.created ada',
    ]);
  });

  it('prints each answer on lines of its own', () => {
    const answers = steps.map((step) => step.printed).filter((printed) => printed !== '');
    expect(answers.filter((printed) => !printed.endsWith('\n'))).toEqual([]);
  });
});
