import 'reflect-metadata';
import type { ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { unavailable } from '@tokenwarden/vocabulary';
import { IsText } from '../input.decorators.js';
import { inputValidation } from '../input-validation.pipe.js';
import { CurrentCaller } from '../request.decorators.js';
import { ProblemFilter } from './problem.filter.js';

class SignIn {
  @IsText({ maximum: 5 }) username: string;
}
@Controller()
class SignInController {
  @Post('session')
  signIn(@Body() body: SignIn): object {
    return { username: body.username };
  }
  @Get('caller')
  caller(@CurrentCaller() caller: unknown): unknown {
    return caller;
  }
  @Get('unavailable')
  unavailable(): never {
    throw unavailable('Storage is gone.', { cause: new Error('hunter2') });
  }
  @Get('bug')
  bug(): never {
    throw new TypeError('hunter2');
  }
}
@Module({ controllers: [SignInController] })
class SignInModule {}

let app: NestFastifyApplication;
let url: string;
const internalErrors: unknown[] = [];
beforeAll(async () => {
  const adapter = new FastifyAdapter({ bodyLimit: 1_000 });
  app = await NestFactory.create<NestFastifyApplication>(SignInModule, adapter, { logger: false });
  app.useGlobalPipes(inputValidation());
  app.useGlobalFilters(new ProblemFilter((error) => internalErrors.push(error)));
  await app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
});
afterAll(() => app.close());

async function refusal(path: string, init?: RequestInit) {
  const response = await fetch(url + path, init);
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const document = (await response.json()) as { status: number; code: string; field?: string };
  expect(document.status).toBe(response.status);
  return { response, document, text: JSON.stringify(document) };
}
const signIn = (body: string, type = 'application/json') =>
  refusal('/session', { method: 'POST', headers: { 'content-type': type }, body });

describe('an answer by problem+json', () => {
  it.each<[string, string, string, number, string | undefined]>([
    ['a field that breaks its rule', '{"username":"123456"}', 'application/json', 400, 'username'],
    ['a field that is missing', '{}', 'application/json', 400, 'username'],
    ['a field that does not exist', '{"username":"a","admin":true}', 'application/json', 400, 'admin'],
    ['a list', '[]', 'application/json', 400, undefined],
    ['null', 'null', 'application/json', 400, undefined],
    ['nothing', '', 'application/json', 400, undefined],
    ['broken JSON', '{', 'application/json', 400, undefined],
    ['a prototype', '{"username":"a","__proto__":{}}', 'application/json', 400, undefined],
    ['a body that is too large', `{"username":"${'a'.repeat(1_000)}"}`, 'application/json', 413, undefined],
    ['another content type', 'username=a', 'application/xml', 415, undefined],
  ])('refuses %s', async (_, body, type, status, field) => {
    const { document } = await signIn(body, type);
    expect([document.status, document.code, document.field]).toEqual([status, 'INVALID_INPUT', field]);
  });
  it('is given at an unknown address, which it does not repeat', async () => {
    const { document, text } = await refusal('/nothing-here');
    expect(document).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(text).not.toContain('nothing-here');
  });
  it('asks a stranger for a Bearer', async () => {
    const { response, document } = await refusal('/caller');
    expect(document.code).toBe('UNAUTHENTICATED');
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });
  it('says when to try again', async () => {
    const { response, document, text } = await refusal('/unavailable');
    expect(document).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    expect(response.headers.get('retry-after')).toBe('1');
    expect(text).not.toContain('hunter2');
  });
  it('says of a fault of ours only that there was one, and tells the operators', async () => {
    const { document, text } = await refusal('/bug');
    expect(document).toMatchObject({ status: 500, code: 'INTERNAL', requestId: expect.any(String) });
    expect(text).not.toContain('hunter2');
    expect(internalErrors).toEqual([expect.objectContaining({ message: 'hunter2' })]);
  });
});

describe('a client that goes away in the middle of a body', () => {
  it.each(['end', 'resetAndDestroy'] as const)('by %s is no fault of ours', async (leave) => {
    const before = internalErrors.length;
    const arrived = new Promise<ServerResponse>((resolve) =>
      app.getHttpServer().once('request', (_, response) => resolve(response)),
    );
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
    const head =
      'POST /session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n';
    socket.write(`${head}{"a"`);
    const response = await arrived;
    socket[leave]();
    await new Promise((resolve) => response.once('close', resolve));
    await new Promise((resolve) => setImmediate(resolve)); // the request's own error comes right behind
    expect([response.statusCode, internalErrors.length]).toEqual([400, before]);
  });
});
