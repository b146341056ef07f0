import type { ActorKind, JsonObject, JsonValue } from '@tokenwarden/vocabulary';
import { rows, type Transaction, type Write } from '@tokenwarden/database';
import type { AuditOutcome } from './actions.js';
import type { ChainedEvent, ChainHead } from './chain.rules.js';
import { CHAIN_START } from './chain.rules.js';

/** An event as it waits for its place. */
export interface PendingEvent {
  action: string;
  outcome: AuditOutcome;
  actorKind: ActorKind;
  actorId: string | null;
  actorName: string;
  actorTokenId: string | null;
  targetType: string | null;
  targetId: string | null;
  targetName: string | null;
  address: string | null;
  userAgent: string | null;
  requestId: string | null;
  details: JsonObject | null;
}

/** An event in its place, as the columns of the trail have it. */
export interface EventRow extends Omit<PendingEvent, 'details'> {
  id: string;
  sequence: string;
  occurredAt: Date;
  details: JsonValue;
  /** SHA-256 in lower-case hexadecimal. */
  hash: string;
}

const CONTENT = `id, occurred_at, action, outcome, actor_kind, actor_id, actor_name, actor_token_id,
  target_type, target_id, target_name, address, user_agent, request_id, details`;

const CONTENT_BY_NAME = `id, occurred_at AS "occurredAt", action, outcome, actor_kind AS "actorKind",
  actor_id AS "actorId", actor_name AS "actorName", actor_token_id AS "actorTokenId", target_type AS "targetType",
  target_id AS "targetId", target_name AS "targetName", address, user_agent AS "userAgent",
  request_id AS "requestId", details`;

/** What a SELECT from `audit_events` names to give `EventRow`s. */
export const EVENT_COLUMNS = `sequence, encode(hash, 'hex') AS hash, ${CONTENT_BY_NAME}`;

// The most events of one statement: each is at most a few kilobytes, and the list is held in memory as JSON.
const BATCH = 2_000;

/** What puts events among those that wait for their place: they arrive in the order of the list, write by write. */
export function pendingEventWrites(events: readonly PendingEvent[]): Write[] {
  const writes: Write[] = [];
  for (let start = 0; start < events.length; start += BATCH) {
    // Sorted below the INSERT, which numbers arrivals as the rows come.
    writes.push({
      sql: `INSERT INTO audit_pending_events (action, outcome, actor_kind, actor_id, actor_name, actor_token_id,
         target_type, target_id, target_name, address, user_agent, request_id, details)
       SELECT "action", "outcome", "actorKind", "actorId", "actorName", "actorTokenId",
         "targetType", "targetId", "targetName", "address", "userAgent", "requestId", "details"
       FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS ("action" text, "outcome" text, "actorKind" text,
         "actorId" uuid, "actorName" text, "actorTokenId" uuid, "targetType" text, "targetId" text, "targetName" text,
         "address" text, "userAgent" text, "requestId" text, "details" jsonb)) WITH ORDINALITY
       ORDER BY ordinality`,
      parameters: [JSON.stringify(events.slice(start, start + BATCH))],
    });
  }
  return writes;
}

/** Whether any event that is visible now waits for its place. */
export async function hasPendingEvents(tx: Transaction): Promise<boolean> {
  const [row] = await rows<{ waits: boolean }>(
    tx,
    'SELECT EXISTS (SELECT FROM audit_pending_events) AS waits',
  );
  return row?.waits ?? false;
}

/** The visible events that wait for their place, in order of arrival, at most `limit`. */
export async function pendingEvents(
  tx: Transaction,
  limit: number,
): Promise<(Omit<EventRow, 'sequence' | 'hash'> & { arrival: string })[]> {
  return rows(tx, `SELECT arrival, ${CONTENT_BY_NAME} FROM audit_pending_events ORDER BY arrival LIMIT $1`, [
    limit,
  ]);
}

/** The last event that has its place. */
export async function chainHead(tx: Transaction): Promise<ChainHead> {
  const [head] = await rows<ChainHead>(
    tx,
    `SELECT sequence, encode(hash, 'hex') AS hash FROM audit_events ORDER BY sequence DESC LIMIT 1`,
  );
  return head ?? CHAIN_START;
}

/** Moves waiting events to their places; the content goes from table to table, as it was recorded. */
export async function moveToTheirPlaces(
  tx: Transaction,
  arrivals: readonly string[],
  places: readonly Pick<ChainedEvent, 'sequence' | 'hash'>[],
): Promise<void> {
  await rows(
    tx,
    `WITH moved AS (DELETE FROM audit_pending_events WHERE arrival = ANY ($1::bigint[]) RETURNING arrival, ${CONTENT})
     INSERT INTO audit_events (sequence, hash, ${CONTENT})
     SELECT place.sequence, decode(place.hash, 'hex'), ${CONTENT}
     FROM moved JOIN unnest($1::bigint[], $2::bigint[], $3::text[]) AS place (arrival, sequence, hash) USING (arrival)
     ORDER BY place.sequence`,
    [arrivals, places.map((place) => place.sequence), places.map((place) => place.hash)],
  );
}

/** The event of this id, once it has its place. */
export async function eventRowById(tx: Transaction, id: string): Promise<EventRow | undefined> {
  const [event] = await rows<EventRow>(tx, `SELECT ${EVENT_COLUMNS} FROM audit_events WHERE id = $1`, [id]);
  return event;
}
