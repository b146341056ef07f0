import { createHash } from 'node:crypto';
import { addDuration, idempotencyConflict, type Duration } from '@tokenwarden/vocabulary';

/** The operations that make a token; a principal's keys stand for requests of all of them (RULINGS: one name space). */
export type CreatingOperation = 'createUserToken' | 'createServiceAccountToken' | 'rotateToken';

/** A value of an input as it is after parsing; null is left out. */
export type InputValue = string | boolean | Date | readonly string[] | null | undefined;

/**
 * SHA-256 of an input, by which a repeat is known: of what it means, not of how it was written. Null is as left out, lists
 * are sets, moments are moments whatever their offset; durations come in their shortest form.
 */
export function inputHash(input: Readonly<Record<string, InputValue>>): Buffer {
  const said = Object.entries(input).filter(([, value]) => value !== null && value !== undefined);
  const meant = said.map(([name, value]) => [name, meaningOf(value)] as const);
  meant.sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(meant)).digest();
}

function meaningOf(value: InputValue): unknown {
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? [...new Set(value as readonly string[])].sort() : value;
}

/** What is kept of a request that has made its token. */
export interface KeptRequest {
  readonly operation: string;
  readonly inputHash: Buffer;
  readonly tokenId: string;
  readonly createdAt: Date;
}

/** What a request is compared by. */
export interface ComparedRequest {
  readonly operation: CreatingOperation;
  readonly inputHash: Buffer;
}

/**
 * The token that the request was given already; undefined where its key is new, or was used longer ago than the window.
 * @throws Problem `IDEMPOTENCY_CONFLICT` where the key stands for another operation or input
 */
export function tokenOfRepeat(
  kept: KeptRequest | undefined,
  request: ComparedRequest,
  { now, window }: { now: Date; window: Duration },
): string | undefined {
  if (kept === undefined || !isWithin(window, kept, now)) return undefined;
  if (!isSameRequest(kept, request)) throw idempotencyConflict();
  return kept.tokenId;
}

/** Whether what is kept is of the same operation with the same input. */
export function isSameRequest(kept: ComparedRequest | KeptRequest, request: ComparedRequest): boolean {
  return kept.operation === request.operation && kept.inputHash.equals(request.inputHash);
}

/** Whether so little time has gone by since the request made its token. */
export function isWithin(window: Duration, kept: { readonly createdAt: Date }, now: Date): boolean {
  return now < addDuration(kept.createdAt, window);
}
