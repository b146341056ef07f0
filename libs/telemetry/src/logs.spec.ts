import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Level } from 'pino';
import { Logs, NestLog } from './index.js';
import type { LogFields } from './index.js';

const JWT = 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ';

let lines: string[] = [];
beforeEach(() => {
  lines = [];
});

function logsAt(level: Level): Logs {
  return new Logs({ level, instance: 'here:3000', destination: { write: (line) => void lines.push(line) } });
}

function lastLine(): Record<string, unknown> {
  return JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;
}

describe('a log line', () => {
  it('is JSON with level, time, instance, sentence and fields', () => {
    logsAt('info').info({ requestId: 'r1', status: 200 }, 'A request was answered.');
    expect(lastLine()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      instance: 'here:3000',
      requestId: 'r1',
      status: 200,
      msg: 'A request was answered.',
    });
  });

  it('drops what is not on the list, and what is no plain value', () => {
    const fields = { username: 'ada', headers: {}, route: { secret: 1 }, __proto__: { kid: 'k' }, count: 3 };
    logsAt('info').info(fields as unknown as LogFields, 'x');
    expect(Object.keys(lastLine()).sort()).toEqual(['count', 'instance', 'level', 'msg', 'time']);
  });

  it('is one line whatever stands in it', () => {
    logsAt('info').info({ requestId: 'a\nb\u2028' }, 'two\nlines');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toContain('\n');
  });

  it('is written from its level on', () => {
    const logs = logsAt('warn');
    logs.info({}, 'no');
    logs.debug({}, 'no');
    logs.warn({}, 'yes');
    logs.error({}, 'yes');
    logs.fatal({}, 'yes');
    expect(lines).toHaveLength(3);
  });
});

describe('a token', () => {
  const cause = Object.assign(new Error(`query failed: ${JWT}`), {
    parameters: [JWT],
    code: '22P02',
    detail: JWT,
  });
  const error = new Error(`Authorization: Bearer ${JWT}`, { cause });
  error.name = `Odd ${JWT}`;

  it.each([
    ['the sentence', {}, `got ${JWT}`],
    ['a field', { requestId: JWT, path: `/x?token=${JWT}` }, 'x'],
    ['an error, its stack and its causes', { error }, 'x'],
    ['a field of another type', { code: [JWT] }, 'x'],
    ['a thrown text', { error: JWT }, 'x'],
    ['a thrown object', { error: { message: JWT } }, 'x'],
    ['a toJSON', { route: { toJSON: () => JWT } }, 'x'],
  ])('never reaches the log by %s', (_, fields, sentence) => {
    logsAt('trace').error(fields as LogFields, sentence);
    new NestLog(logsAt('trace')).error(sentence);
    expect(lines.join('')).not.toMatch(/eyJ|c2ln/);
    expect(lines).toHaveLength(2);
  });
});

describe('an error', () => {
  const error = Object.assign(
    new Error('outer', { cause: Object.assign(new Error('inner'), { code: 'ECONNRESET' }) }),
    {
      query: 'SELECT secret',
    },
  );
  it('is shown by name, message, code and cause, and nothing else of it', () => {
    logsAt('info').error({ error }, 'x');
    expect(lastLine()['error']).toEqual({
      name: 'Error',
      message: 'outer',
      cause: { name: 'Error', message: 'inner', code: 'ECONNRESET' },
    });
  });
  it('shows its stack at debug', () => {
    logsAt('debug').error({ error }, 'x');
    expect(lastLine()['error']).toMatchObject({ stack: expect.stringContaining('logs.spec') });
  });
  it('that is its own cause comes to an end', () => {
    const circle = new Error('again');
    circle.cause = circle;
    logsAt('info').error({ error: circle }, 'x');
    expect(lines).toHaveLength(1);
  });
});

describe("Nest's lines", () => {
  it('are chatter but for warnings and errors', () => {
    const nest = new NestLog(logsAt('info'));
    nest.log('mapped a route');
    nest.debug('more');
    nest.verbose('most');
    nest.warn('hear this');
    nest.error(new Error('and this'));
    expect(lines).toHaveLength(2);
    expect(lastLine()).toMatchObject({ msg: 'and this', error: { message: 'and this' } });
  });
});
