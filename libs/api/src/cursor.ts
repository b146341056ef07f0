import { createHash } from 'node:crypto';
import { parseInstant } from '@tokenwarden/vocabulary';

/** The values of a list's order at one row, in the order's columns; its last item tells rows apart. */
export type CursorKey = readonly (string | number | null)[];

/** What Postgres will cast an item of a cursor to. */
export type CursorItemType = 'timestamptz' | 'uuid' | 'text' | 'bigint' | 'integer';
/** One column of a cursor: its type, and whether a row may stand there without a value. */
export interface CursorItem {
  readonly type: CursorItemType;
  readonly isNullable?: boolean;
}

const DIGEST_BYTES = 12;
const LONGEST_CURSOR = 4_096;
const CANONICAL = /^[\w-]+$/;

/** One fingerprint for all that a cursor belongs to: null and left out are the same, the order of members does not count. */
export function bindingOf(boundTo: unknown): string {
  return createHash('sha256').update(canonicalJson(boundTo)).digest('base64url');
}

/** A cursor for a row's key that is good only under the same binding. */
export function writeCursor(key: CursorKey, binding: string): string {
  const body = Buffer.from(JSON.stringify(key));
  return Buffer.concat([digestOf(body, binding), body]).toString('base64url');
}

/**
 * The key in a cursor; undefined where it is none of ours, was altered, or belongs to another list, filter or order.
 * `items` are looked at too: whoever reads this file can make a cursor, and nothing made up may reach the database.
 */
export function readCursor(
  cursor: string,
  binding: string,
  items?: readonly (CursorItemType | CursorItem)[],
): CursorKey | undefined {
  if (cursor.length > LONGEST_CURSOR || !CANONICAL.test(cursor)) return undefined;
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.toString('base64url') !== cursor) return undefined;
  const body = bytes.subarray(DIGEST_BYTES);
  if (!digestOf(body, binding).equals(bytes.subarray(0, DIGEST_BYTES))) return undefined;
  const key = keyIn(body.toString('utf8'));
  if (!key || (items && !fits(key, items))) return undefined;
  return key;
}

function digestOf(body: Buffer, binding: string): Buffer {
  return createHash('sha256').update(binding).update('\n').update(body).digest().subarray(0, DIGEST_BYTES);
}

function keyIn(json: string): CursorKey | undefined {
  try {
    const key: unknown = JSON.parse(json);
    return Array.isArray(key) && key.every(isItem) ? key : undefined;
  } catch {
    return undefined;
  }
}

function isItem(item: unknown): item is string | number | null {
  return item === null || Number.isFinite(item) || (typeof item === 'string' && isStorable(item));
}

function isStorable(text: string): boolean {
  return !text.includes('\u0000') && !/\p{Surrogate}/u.test(text);
}

const FORMS: Readonly<Record<CursorItemType, (item: string | number) => boolean>> = {
  // As they are written here, in UTC: an offset may exist for us and be too large for Postgres.
  timestamptz: (item) => typeof item === 'string' && item.endsWith('Z') && parseInstant(item) !== undefined,
  uuid: (item) => typeof item === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(item),
  text: (item) => typeof item === 'string',
  bigint: (item) => /^-?\d{1,18}$/.test(String(item)),
  integer: (item) => /^-?\d{1,9}$/.test(String(item)),
};

function fits(key: CursorKey, items: readonly (CursorItemType | CursorItem)[]): boolean {
  return (
    key.length === items.length &&
    items.every((item, i) => {
      const { type, isNullable = false }: CursorItem = typeof item === 'string' ? { type: item } : item;
      const value = key[i] ?? null;
      return value === null ? isNullable : FORMS[type](value);
    })
  );
}

function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_, member: unknown) => {
      if (typeof member === 'bigint') return member.toString();
      if (member === null || typeof member !== 'object' || Array.isArray(member)) return member;
      const known = Object.entries(member).filter(([, item]) => item !== null && item !== undefined);
      return Object.fromEntries(known.sort(([a], [b]) => (a < b ? -1 : 1)));
    }) ?? 'null'
  );
}
