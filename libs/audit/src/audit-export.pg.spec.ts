import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import type { Logs } from '@tokenwarden/telemetry';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { AuditExportController } from './audit-export.controller.js';
import type { AuditEvent } from './audit-event.type.js';
import { AuditService } from './audit.service.js';
import { Sequencer } from './sequencer.js';

const EVENTS = 60_000;

let server: TestDatabase;
let database: Database;
let app: NestFastifyApplication;
let url: string;
const watched = { batches: 0, ended: 0 };

/** The service itself, and how far its batches were taken. */
class WatchedAuditService extends AuditService {
  override async exported(
    span: Parameters<AuditService['exported']>[0],
  ): Promise<AsyncGenerator<AuditEvent[]>> {
    const batches = await super.exported(span);
    return (async function* () {
      try {
        for await (const batch of batches) {
          watched.batches += 1;
          yield batch;
        }
      } finally {
        watched.ended += 1;
      }
    })();
  }
}

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  await database.read((tx) =>
    rows(
      tx,
      `INSERT INTO audit_events (sequence, hash, id, occurred_at, action, outcome, actor_kind, actor_name, user_agent, details)
       SELECT n, sha256(n::text::bytea), gen_random_uuid(), timestamptz '2026-01-01Z' + n * interval '1 second',
         'token.created', 'SUCCEEDED', 'SYSTEM', 'Tokenwarden', repeat('a', 200), '{"profile": "interactive"}'
       FROM generate_series(1, ${EVENTS}) AS n`,
    ),
  );
  const audit = new WatchedAuditService(database, new Sequencer(database, {} as Logs));
  const testing = await Test.createTestingModule({
    controllers: [AuditExportController],
    providers: [{ provide: AuditService, useValue: audit }],
  }).compile();
  app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/audit/events.ndjson`;
});
afterAll(async () => {
  await app.close();
  await database.close();
  await server.close();
});

const opened = async (query = ''): Promise<IncomingMessage> => {
  const [response] = (await once(get(url + query), 'response')) as [IncomingMessage];
  return response;
};
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};

describe('the export of the trail', () => {
  it('is every event once, oldest first, a line each, as GraphQL gives it with the id of the actor', async () => {
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const lines = (await response.text()).split('\n');
    expect(lines.pop()).toBe('');
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map((event) => event['sequence'])).toEqual(
      Array.from({ length: EVENTS }, (_, i) => String(i + 1)),
    );
    expect(events[0]).toEqual({
      id: expect.any(String),
      sequence: '1',
      occurredAt: '2026-01-01T00:00:01.000Z',
      action: 'token.created',
      outcome: 'SUCCEEDED',
      actor: { kind: 'SYSTEM', id: null, name: 'Tokenwarden' },
      actorTokenId: null,
      targetType: null,
      targetId: null,
      targetName: null,
      address: null,
      userAgent: 'a'.repeat(200),
      requestId: null,
      details: { profile: 'interactive' },
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });
  it('begins with since and ends before until', async () => {
    const sequences = async (query: string) => {
      const lines = (await (await fetch(url + query)).text()).split('\n').slice(0, -1);
      return lines.map((line) => (JSON.parse(line) as { sequence: string }).sequence);
    };
    const span = '?since=2026-01-01T02:00:00Z&until=2026-01-01T03:00:05%2B01:00';
    expect(await sequences(span)).toEqual(['7200', '7201', '7202', '7203', '7204']);
    expect(await sequences('?until=2026-01-01T00:00:03Z')).toEqual(['1', '2']);
    expect(await sequences('?since=2026-01-01T16:39:59Z')).toEqual(['59999', '60000']);
  });
  it('takes no more from the database than the client takes, and stops when the client goes', async () => {
    watched.batches = watched.ended = 0;
    const response = await opened();
    await once(response, 'readable');
    // Other exports are the clock here: each is a whole request, and meanwhile nobody reads the first.
    for (let turn = 0; turn < 10; turn += 1) await (await fetch(`${url}?since=2030-01-01T00:00:00Z`)).text();
    expect(watched.ended).toBe(10);
    expect(watched.batches).toBeLessThan(EVENTS / 500 / 2);
    response.destroy();
    await until(() => watched.ended === 11);
    expect(watched.batches).toBeLessThan(EVENTS / 500);
  });
  it('breaks the connection off when the database is lost on the way', async () => {
    const response = await opened();
    await once(response, 'readable');
    await database.close();
    const broken = expect(async () => {
      for await (const chunk of response) void chunk;
    }).rejects.toMatchObject({ code: 'ECONNRESET' });
    await broken;
    expect(response.complete).toBe(false);
  });
});

describe('the moments of an export', () => {
  it.each([
    ['?since=yesterday', 'since'],
    ['?until=2026-02-30T00:00:00Z', 'until'],
    ['?since=2026-01-01', 'since'],
    ['?since=', 'since'],
    ['?since=2026-01-01T00:00:00Z&since=2026-01-01T00:00:00Z', 'since'],
    ['?from=2026-01-01T00:00:00Z', 'from'],
  ])('%s is refused on %s', async (query, field) => {
    const controller = app.get(AuditExportController);
    const asked = Object.fromEntries(
      [...new URLSearchParams(query)].map(([key, value], _, all) => [
        key,
        all.length > 1 ? all.map(([, one]) => one) : value,
      ]),
    );
    await expect(controller.events(asked)).rejects.toEqual(
      expect.objectContaining({ code: 'INVALID_INPUT', field }),
    );
  });
});
