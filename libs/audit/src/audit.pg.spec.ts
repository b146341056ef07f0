import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import type { Logs } from '@tokenwarden/telemetry';
import { SYSTEM, type Author, type JsonObject } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { AuditEventFilter } from './audit-event.inputs.js';
import type { AuditEvent } from './audit-event.type.js';
import { AuditService } from './audit.service.js';
import { stretchOf } from './audit-span.queries.js';
import { eventsOnPage } from './audit-events.queries.js';
import { CHAIN_START, firstBreak } from './chain.rules.js';
import { record, recordAll, type NewAuditEvent } from './record.js';
import { Sequencer } from './sequencer.js';

const ADA: Author = {
  actor: { kind: 'USER', id: '00000000-0000-4000-8000-00000000000a', name: 'ada' },
  actorTokenId: null,
  origin: { address: '127.0.0.1', userAgent: 'curl/8', requestId: 'r-1' },
};
const TOKEN = { type: 'token', id: '00000000-0000-4000-8000-0000000000aa', name: 'laptop' } as const;
const JWT = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(86)}`;

let server: TestDatabase;
let database: Database;
let other: Database;
let sequencer: Sequencer;
let audit: AuditService;
const warnings: string[] = [];
const logs = { warn: (_: unknown, sentence: string) => void warnings.push(sentence) } as unknown as Logs;

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  other = await openDatabase(server.url);
  sequencer = new Sequencer(database, logs);
  audit = new AuditService(database, sequencer);
});
afterAll(async () => {
  await database.close();
  await other.close();
  await server.close();
});

const recorded = (event: Partial<NewAuditEvent> = {}) =>
  database.transaction((tx) => record(tx, { action: 'token.created', by: ADA, target: TOKEN, ...event }));
const search = (filter: Partial<AuditEventFilter> = {}, first = 100) =>
  audit.eventsOnPage({ first }, Object.assign(new AuditEventFilter(), filter));
async function wholeTrail(since?: Date, until?: Date): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const batch of await audit.exported({ since, until })) events.push(...batch);
  return events;
}

describe('an event', () => {
  it('is seen by whoever reads after the commit, with all that was recorded', async () => {
    await recorded({ details: { profile: 'interactive' } });
    const [event] = (await search()).nodes;
    expect(event).toMatchObject({
      action: 'token.created',
      outcome: 'SUCCEEDED',
      actor: ADA.actor,
      actorTokenId: null,
      targetType: 'token',
      targetId: TOKEN.id,
      targetName: 'laptop',
      address: '127.0.0.1',
      userAgent: 'curl/8',
      requestId: 'r-1',
      details: { profile: 'interactive' },
    });
    expect(await audit.eventById(event?.id ?? '')).toEqual(event);
  });
  it('stands behind those before it in the list that it was recorded with', async () => {
    const names = Array.from({ length: 50 }, (_, i) => `token ${i}`);
    await database.transaction((tx) =>
      recordAll(
        tx,
        names.map((name) => ({ action: 'token.revoked', by: ADA, target: { ...TOKEN, name } })),
      ),
    );
    const events = (await wholeTrail()).slice(-names.length);
    expect(events.map(({ targetName }) => targetName)).toEqual(names);
  });
  it('that is refused refuses all that it was recorded with', async () => {
    const before = (await wholeTrail()).length;
    const both = [{}, { details: { reason: JWT } }].map((more) => ({
      ...{ action: 'token.revoked', by: ADA, target: TOKEN },
      ...more,
    })) satisfies NewAuditEvent[];
    await expect(database.transaction((tx) => recordAll(tx, both))).rejects.toMatchObject({
      field: 'reason',
    });
    expect(await wholeTrail()).toHaveLength(before);
  });
  it('goes with its change when that is undone', async () => {
    const before = (await wholeTrail()).length;
    const undone = database.transaction(async (tx) => {
      await record(tx, { action: 'token.created', by: ADA });
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    expect(await wholeTrail()).toHaveLength(before);
  });
  it('is refused with its change when a text of it holds a token', async () => {
    const field = (name: string) => expect.objectContaining({ code: 'INVALID_INPUT', field: name });
    await expect(recorded({ details: { reason: `found ${JWT}` } })).rejects.toEqual(field('reason'));
    await expect(recorded({ target: { ...TOKEN, name: JWT } })).rejects.toEqual(field('name'));
  });
  it('of a refused attempt, or by Tokenwarden itself, is recorded without the secret', async () => {
    await recorded({ outcome: 'REFUSED', details: { username: JWT } });
    await recorded({ by: SYSTEM, target: { ...TOKEN, name: JWT } });
    expect(JSON.stringify(await wholeTrail())).not.toContain(JWT);
  });
  it('survives texts that Postgres has no form for', async () => {
    const odd = 'a\0b\ud800c';
    await recorded({
      by: { ...ADA, origin: { address: null, userAgent: odd, requestId: null } },
      details: { [odd]: odd },
    });
    expect((await search()).nodes[0]).toMatchObject({
      userAgent: 'a\ufffdb\ufffdc',
      details: { 'a\ufffdb\ufffdc': 'a\ufffdb\ufffdc' },
    });
  });
  it('cannot be changed or removed afterwards, not even by whoever owns the table', async () => {
    const attempt = (sql: string) => database.read((tx) => rows(tx, sql));
    await expect(attempt(`UPDATE audit_events SET actor_name = 'nobody'`)).rejects.toThrow('append-only');
    await expect(attempt('DELETE FROM audit_events')).rejects.toThrow('append-only');
    await expect(attempt('TRUNCATE audit_events')).rejects.toThrow('append-only');
  });
});

describe('the sequencer', () => {
  it('chains what comes back from storage, whatever the details were', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.object({ withNullPrototype: false, withDate: false, withBigInt: false }),
        async (value) => {
          const details = JSON.parse(JSON.stringify(value)) as JsonObject;
          await recorded({ by: SYSTEM, details });
        },
      ),
      { numRuns: 100 },
    );
    const events = await wholeTrail();
    expect(firstBreak(CHAIN_START, events)).toBeUndefined();
  });
  it('numbers without gaps in order of arrival, however many instances sequence and record at once', async () => {
    const second = new Sequencer(other, logs);
    await Promise.all(
      Array.from({ length: 120 }, async (_, index) => {
        await recorded({ details: { index } });
        if (index % 5 === 0) await Promise.all([sequencer.catchUp(), second.catchUp(), second.catchUp()]);
      }),
    );
    const events = await wholeTrail();
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => String(index + 1)));
    expect(firstBreak(CHAIN_START, events)).toBeUndefined();
  });
  it('puts an event that was committed late behind those that were there before, and skips none', async () => {
    await database.transaction(async (tx) => {
      await record(tx, {
        action: 'token.created',
        by: ADA,
        details: { which: 'began first, committed last' },
      });
      await other.transaction((tx) =>
        record(tx, { action: 'token.created', by: ADA, details: { which: 'between' } }),
      );
      expect((await search({}, 1)).nodes[0]?.details).toEqual({ which: 'between' });
    });
    expect((await search({}, 1)).nodes[0]?.details).toEqual({ which: 'began first, committed last' });
    expect(firstBreak(CHAIN_START, await wholeTrail())).toBeUndefined();
  });
  it('moves more than one batch', async () => {
    const before = (await wholeTrail()).length;
    const many = Array.from({ length: 1_203 }, () => ({ action: 'token.revoked', by: ADA }) as const);
    await database.transaction((tx) => recordAll(tx, many));
    const events = await wholeTrail();
    expect(events).toHaveLength(before + 1_203);
    expect(firstBreak(CHAIN_START, events)).toBeUndefined();
  });
  it('works by itself when nobody reads, and not after its end', async () => {
    sequencer.onApplicationBootstrap();
    await recorded();
    const waits = async () =>
      (await database.read((tx) => rows(tx, 'SELECT FROM audit_pending_events'))).length;
    while ((await waits()) > 0) await new Promise((resolve) => setImmediate(resolve));
    await sequencer.beforeApplicationShutdown();
    await recorded();
    expect(await waits()).toBe(1);
  });
  it('says once that it cannot, keeps on trying, and tells the reader', async () => {
    const gone = await openDatabase(server.url);
    await gone.close();
    const failing = new Sequencer(gone, logs);
    failing.onApplicationBootstrap();
    while (warnings.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await failing.beforeApplicationShutdown();
    await expect(failing.catchUp()).rejects.toThrow();
    expect(warnings).toHaveLength(1);
  });
});

describe('a search', () => {
  it('finds by action, outcome, actor and target together', async () => {
    await recorded({ action: 'token.updated', outcome: 'REFUSED', target: { ...TOKEN, id: 'some-kid' } });
    const filter = {
      actions: ['token.updated'],
      outcome: 'REFUSED',
      actorId: ADA.actor.id ?? '',
      targetId: 'some-kid',
    } as const;
    expect((await search({ ...filter, actions: ['token.updated'] })).nodes).toHaveLength(1);
    for (const miss of [
      { actions: ['token.rotated'] },
      { outcome: 'SUCCEEDED' as const },
      { actorId: TOKEN.id },
      { targetId: TOKEN.id },
    ])
      expect((await search({ ...filter, actions: ['token.updated'], ...miss })).nodes).toEqual([]);
  });
  it('takes an id that is none as one that nobody has, and an empty list as nothing', async () => {
    expect((await search({ actorId: "' OR TRUE" })).nodes).toEqual([]);
    expect((await search({ targetId: '\0' })).nodes).toEqual([]);
    expect((await search({ actions: [] })).nodes).toEqual([]);
  });
  it('begins with since and ends before until, as the export does', async () => {
    await recorded();
    const [last] = (await search({}, 1)).nodes;
    const at = last?.occurredAt ?? new Date(0);
    const later = new Date(at.getTime() + 1);
    expect((await search({ since: at })).nodes.map((event) => event.id)).toContain(last?.id);
    expect((await search({ until: at })).nodes.map((event) => event.id)).not.toContain(last?.id);
    expect((await search({ since: later })).nodes).toEqual([]);
    expect((await wholeTrail(at)).map((event) => event.id)).toContain(last?.id);
    expect((await wholeTrail(undefined, at)).map((event) => event.id)).not.toContain(last?.id);
    expect((await wholeTrail(at, later)).at(-1)?.id).toBe(last?.id);
    expect(await wholeTrail(later)).toEqual([]);
  });
  it('over a span walks only the stretch of the trail on which its events can stand', async () => {
    const fresh = await freshDatabase();
    const own = await openDatabase(fresh.url);
    const trail = new AuditService(own, new Sequencer(own, logs));
    await own.read((tx) =>
      rows(
        tx,
        `INSERT INTO audit_pending_events (occurred_at, action, outcome, actor_kind, actor_name)
         SELECT timestamptz '2026-01-01Z' + hour * interval '1 hour', 'token.created', 'SUCCEEDED', 'SYSTEM', 'Tokenwarden'
         FROM generate_series(0, 240) AS hour ORDER BY hour`,
      ),
    );
    const span = { since: new Date('2026-01-03T00:00:00Z'), until: new Date('2026-01-03T05:00:00Z') };
    const found = await trail.eventsOnPage({ first: 100 }, Object.assign(new AuditEventFilter(), span));
    expect(found.nodes.map((event) => event.occurredAt.getUTCHours())).toEqual([4, 3, 2, 1, 0]);
    expect(await own.read((tx) => stretchOf(tx, span))).toEqual({ first: 48n, last: 54n });
    await own.close();
    await fresh.close();
  });
  it('pages from the newest to the oldest without losing or repeating one while events come in', async () => {
    const expected = (await wholeTrail()).map((event) => event.id).reverse();
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page = await audit.eventsOnPage({ first: 100, after }, new AuditEventFilter());
      seen.push(...page.nodes.map((event) => event.id));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      await recorded();
    } while (after);
    expect(seen).toEqual(expected);
  });
  it('takes no cursor of another search', async () => {
    const { pageInfo } = await search({}, 1);
    const other = Object.assign(new AuditEventFilter(), { actions: ['token.created'] });
    await expect(audit.eventsOnPage({ first: 1, after: pageInfo.endCursor }, other)).rejects.toEqual(
      expect.objectContaining({ code: 'INVALID_INPUT', field: 'after' }),
    );
  });
  it('goes by an index, whatever is asked', async () => {
    const RARE = '00000000-0000-4000-8000-00000000ffff';
    await database.read((tx) => rows(tx, 'ANALYZE audit_events'));
    const page = { size: 50, backward: false, binding: '' };
    for (const filter of [
      { actions: ['token.inspected'] },
      // Rare ones: of what fills the trail the planner rightly reads the newest and leaves out the rest.
      { actorId: RARE },
      { targetId: RARE },
      { outcome: 'REFUSED' as const },
    ]) {
      const plan = await database.transaction(async (tx) => {
        await rows(tx, 'SET LOCAL enable_seqscan = off');
        const explaining = Object.create(tx) as typeof tx;
        explaining.query = (sql: string, parameters?: unknown[]) => tx.query(`EXPLAIN ${sql}`, parameters);
        return JSON.stringify(await eventsOnPage(explaining, filter, page));
      });
      expect(plan).toMatch(/audit_events_(by_(action|actor|target)|refused)/);
    }
  });
});
