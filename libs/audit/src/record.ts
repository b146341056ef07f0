import type { Author, JsonObject, JsonValue, Target } from '@tokenwarden/vocabulary';
import { writeTogether, type Transaction, type Write } from '@tokenwarden/database';
import type { AuditAction, AuditOutcome } from './actions.js';
import { pendingEventWrites, type PendingEvent } from './audit.queries.js';
import {
  detailsWithoutSecrets,
  holdsSecret,
  pathOfSecret,
  secretIn,
  withoutSecret,
} from './secrecy.rules.js';

/** What is to be recorded. */
export interface NewAuditEvent {
  readonly action: AuditAction;
  /** SUCCEEDED when left out. */
  readonly outcome?: AuditOutcome;
  readonly by: Author;
  readonly target?: Target;
  /** What belongs to the event beside its target; the member of a text that a person wrote has the name of its input. */
  readonly details?: JsonObject;
}

/** Making events takes the processor, and whoever asks about a token meanwhile waits for that: a hundred take a few milliseconds. */
const EVENTS_AT_ONCE = 100;

/** Longer texts are cut: a header or a name from elsewhere must not fill the trail. In UTF-16 units. */
const LONGEST_TEXT = 1_000;

/**
 * Writes the event into the trail, in the transaction of the change that it speaks of: both are kept or neither
 * (rule 20). Its sequence and hash follow when the sequencer has seen it.
 *
 * Nothing secret gets in (rule 2): a change is refused when a text of it holds a token. A refused attempt, and what
 * Tokenwarden does by itself, is recorded all the same, with a mark in the place of that text.
 * @throws Problem `INVALID_INPUT` on the member of the details that holds a secret, or on `name`
 */
export async function record(tx: Transaction, event: NewAuditEvent): Promise<void> {
  await recordAll(tx, [event]);
}

/**
 * As `record`, many at once: one that is refused refuses all, for the change is undone; and they arrive in the order of the
 * list. By few statements, so that a whole company that changes is written in the time of a few events.
 * @throws Problem as `record`
 */
export async function recordAll(tx: Transaction, events: readonly NewAuditEvent[]): Promise<void> {
  for (let start = 0; start < events.length; start += EVENTS_AT_ONCE) {
    const some = events.slice(start, start + EVENTS_AT_ONCE).map(pendingEvent);
    for (const write of pendingEventWrites(some)) await writeTogether(tx, [write]);
  }
}

/**
 * What `record` writes, for a statement that makes the change as well.
 * @throws Problem as `record`
 */
export function recordOf(event: NewAuditEvent): Write[] {
  return pendingEventWrites([pendingEvent(event)]);
}

function pendingEvent(event: NewAuditEvent): PendingEvent {
  const { action, outcome = 'SUCCEEDED', by, target, details } = event;
  if (outcome === 'SUCCEEDED' && by.actor.kind !== 'SYSTEM') refuseSecrets(target, details);
  return {
    action,
    outcome,
    actorKind: by.actor.kind,
    actorId: by.actor.id,
    actorName: kept(by.actor.name),
    actorTokenId: by.actorTokenId,
    targetType: target?.type ?? null,
    targetId: target?.id ?? null,
    targetName: kept(target?.name ?? null),
    address: kept(by.origin?.address ?? null),
    userAgent: kept(by.origin?.userAgent ?? null),
    requestId: kept(by.origin?.requestId ?? null),
    details: details === undefined ? null : storableDetails(details),
  };
}

function refuseSecrets(target: Target | undefined, details: JsonObject | undefined): void {
  const path =
    target?.name && holdsSecret(target.name)
      ? 'name'
      : details === undefined
        ? undefined
        : pathOfSecret(details);
  if (path !== undefined) throw secretIn(path);
}

function kept(text: string): string;
function kept(text: string | null): string | null;
function kept(text: string | null): string | null {
  if (text === null) return null;
  return storableText(withoutSecret(text).slice(0, LONGEST_TEXT));
}

/** Details as they are kept beside what they speak of: a mark in the place of every text that holds a secret, and nothing that Postgres refuses. */
export function storableDetails(details: JsonObject): JsonObject {
  return storable(detailsWithoutSecrets(details)) as JsonObject;
}

/** The text without what Postgres takes nowhere: NUL and halves of surrogate pairs. Nothing must fail for what a stranger sent. */
export function storableText(text: string): string {
  return text.replace(/\0|\p{Surrogate}/gu, '\uFFFD');
}

function storable(value: JsonValue): JsonValue {
  if (typeof value === 'string') return storableText(value);
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error('Details hold a number that JSON has no form for.');
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(storable);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [storableText(key), storable(member)]),
  );
}
