import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { DatabaseModule } from '@tokenwarden/database';
import { readSettings, SettingsModule } from '@tokenwarden/settings';
import { Logs, TelemetryModule } from '@tokenwarden/telemetry';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { SigningModule, SigningService } from './index.js';

let server: TestDatabase;
let app: NestFastifyApplication;

beforeAll(async () => {
  server = await freshDatabase();
  const settings = readSettings({}).with({ databaseUrl: server.url, masterKey: Buffer.alloc(32, 1) });
  const module = await Test.createTestingModule({
    imports: [
      SettingsModule.forRoot(settings),
      TelemetryModule.forRoot(new Logs({ level: 'fatal' })),
      DatabaseModule.forRoot({ url: server.url }),
      SigningModule,
    ],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.get(SigningService).ensureKey();
  await app.init();
});
afterAll(async () => {
  await app.close();
  await server.close();
});

describe('GET /.well-known/jwks.json', () => {
  it('gives the keys as a JWK set that may be kept for 300 s', async () => {
    const answer = await app.inject({ method: 'GET', url: '/.well-known/jwks.json' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('application/jwk-set+json');
    expect(answer.headers['cache-control']).toBe('public, max-age=300');
    expect(answer.json()).toEqual(app.get(SigningService).jwks());
    expect(answer.json<{ keys: unknown[] }>().keys).toHaveLength(1);
  });
});
