import { createHash } from 'node:crypto';
import type { JsonValue } from '@tokenwarden/vocabulary';

/** All that the hash of an event speaks for. `sequence` is a decimal without leading zeros. */
export interface ChainedContent {
  sequence: string;
  id: string;
  occurredAt: Date;
  action: string;
  outcome: string;
  actor: { kind: string; id: string | null; name: string };
  actorTokenId: string | null;
  targetType: string | null;
  targetId: string | null;
  targetName: string | null;
  address: string | null;
  userAgent: string | null;
  requestId: string | null;
  details: JsonValue;
}

/** An event in its place: its content and the hash that ties it to all before it (SHA-256, lower-case hexadecimal). */
export interface ChainedEvent extends ChainedContent {
  hash: string;
}

/** A place in the chain: the sequence and the hash of the event that stands there. */
export interface ChainHead {
  sequence: string;
  hash: string;
}

/** Before the first event. */
export const CHAIN_START: ChainHead = { sequence: '0', hash: '0'.repeat(64) };

/**
 * One text for one value: JSON with sorted keys and without blanks (RFC 8785). Storage in jsonb, which forgets the
 * order of keys and how a number was written, does not change it.
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

/** The canonical form of an event: every field by name, the moment as RFC 3339 in UTC with milliseconds. */
export function canonicalForm(event: ChainedContent): string {
  return canonicalJson({
    sequence: event.sequence,
    id: event.id,
    occurredAt: event.occurredAt.toISOString(),
    action: event.action,
    outcome: event.outcome,
    actor: { kind: event.actor.kind, id: event.actor.id, name: event.actor.name },
    actorTokenId: event.actorTokenId,
    targetType: event.targetType,
    targetId: event.targetId,
    targetName: event.targetName,
    address: event.address,
    userAgent: event.userAgent,
    requestId: event.requestId,
    details: event.details,
  });
}

/** SHA-256 over the hash before and the canonical form of the event, in lower-case hexadecimal. */
export function chainedHash(previousHash: string, event: ChainedContent): string {
  return createHash('sha256').update(previousHash).update('\n').update(canonicalForm(event)).digest('hex');
}

/** Puts events behind `head`, in the order given: consecutive sequences, each with its hash. */
export function chained(
  head: ChainHead,
  events: readonly Omit<ChainedContent, 'sequence'>[],
): ChainedEvent[] {
  let { sequence, hash } = head;
  return events.map((event) => {
    sequence = String(BigInt(sequence) + 1n);
    const placed = { ...event, sequence };
    hash = chainedHash(hash, placed);
    return { ...placed, hash };
  });
}

/**
 * The first place where the events behind `head` are not what was written: edited, removed, reordered or, when
 * `end` is known from elsewhere (a seal), cut off or chained anew. Undefined when all is in order.
 */
export function firstBreak(
  head: ChainHead,
  events: readonly ChainedEvent[],
  end?: ChainHead,
): { sequence: string; why: string } | undefined {
  let before = head;
  for (const event of events) {
    const expected = String(BigInt(before.sequence) + 1n);
    if (event.sequence !== expected)
      return { sequence: expected, why: `${event.sequence} stands in its place` };
    if (event.hash !== chainedHash(before.hash, event))
      return { sequence: expected, why: 'its hash is another' };
    if (end?.sequence === event.sequence && end.hash !== event.hash)
      return { sequence: expected, why: 'it is not the event that was sealed' };
    before = event;
  }
  if (end && BigInt(before.sequence) < BigInt(end.sequence))
    return { sequence: String(BigInt(before.sequence) + 1n), why: 'it is missing' };
  return undefined;
}
