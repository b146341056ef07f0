import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startProduct, type RunningProduct } from '../harness/index.js';
import { run } from './command.js';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const SEPARATOR = '\u001e';

/** One command of the tour, and what came of it. */
interface Step {
  readonly command: string;
  readonly exitCode: number;
  readonly printed: string;
}

let product: RunningProduct;
let steps: Step[];

beforeAll(async () => {
  product = await startProduct();
  const base = /^BASE=(.*)$/m.exec(tourIn(README))?.[1] ?? '';
  expect(base).toBe('http://127.0.0.1:3000');
  steps = await walk(tourIn(README).replace(`BASE=${base}`, `BASE=${product.url}`));
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
    const { viewer } = dataOf(printedBy('viewer'));
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

/** The code block behind the mark, without its fence. */
function tourIn(markdown: string): string {
  const block = /<!-- tour -->\n```sh\n([\s\S]*?)\n```/.exec(markdown)?.[1];
  if (block === undefined) throw new Error('The README has no tour.');
  return block;
}

/** Hands the tour to one bash, command by command, as a person who pastes it. */
async function walk(tour: string): Promise<Step[]> {
  const commands = commandsOf(tour);
  const script = commands.map((command) => `${command}\nprintf '${SEPARATOR}%s${SEPARATOR}' "$?"`).join('\n');
  const { output, errors } = await run(['bash'], { input: `set -o pipefail\n${script}\n` });
  expect(errors).toBe('');
  const parts = output.split(SEPARATOR);
  return commands.map((command, index) => ({
    command,
    printed: parts[index * 2] ?? '',
    exitCode: Number(parts[index * 2 + 1]),
  }));
}

/** A command ends with the line that leaves no quote, no bracket and no continuation open. */
function commandsOf(tour: string): string[] {
  const commands: string[] = [];
  let open = '';
  for (const line of tour.split('\n')) {
    open = open === '' ? line : `${open}\n${line}`;
    const quotes = open.replace(/^\s*#.*$/gm, '').split("'").length - 1;
    if (line.endsWith('\\') || quotes % 2 === 1) continue;
    if (open.trim() !== '' && !open.startsWith('#')) commands.push(open);
    open = '';
  }
  if (open !== '') throw new Error(`The tour stops in the middle of a command:\n${open}`);
  return commands;
}

function printedBy(word: string): Step {
  const found = steps.find((step) => step.command.includes(word) && step.printed !== '');
  if (!found) throw new Error(`No command of the tour with "${word}" prints anything.`);
  return found;
}

function jsonOf(step: Step): Record<string, unknown> {
  return JSON.parse(step.printed) as Record<string, unknown>;
}

function dataOf(step: Step): Record<string, unknown> {
  return jsonOf(step)['data'] as Record<string, unknown>;
}
