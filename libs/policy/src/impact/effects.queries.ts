import { rows, type Transaction } from '@tokenwarden/database';
import { capEndOf, tokensNow } from '@tokenwarden/tokens';
import type { PreparedCap } from '../change/prepare-change.js';
import { idleToMark, idleToRevoke } from '../due/idle-due.queries.js';
import { purgeDue } from '../due/purge-due.queries.js';
import { warningDue, type EndUnderChange, type WarningDue } from '../due/warning-due.queries.js';
import { exceedsPolicy } from '../exceeding.queries.js';
import type { PolicyDocument } from '../policy-document.rules.js';

/** What a change can do to a token, in the order in which it is said. */
export const POLICY_EFFECTS = ['EXCEEDS_MAXIMUM', 'CUT_SHORT', 'WARNED', 'PURGED', 'IDLE_REVOKED'] as const;
/** See `POLICY_EFFECTS`. */
export type PolicyEffect = (typeof POLICY_EFFECTS)[number];

/** A change that is not made, beside what it would change. */
export interface ForeseenChange {
  readonly today: PolicyDocument;
  readonly changed: PolicyDocument;
  /** Null where tokens that were issued keep their ends. */
  readonly cap: PreparedCap | null;
  /** The moment that all of it is foreseen for, by the database's clock. */
  readonly at: Date;
}

/** Gives a value a place in a statement: its SQL is what this answers. */
export type Placeholder = (value: unknown) => string;

/**
 * A SELECT of every token that is hit, with its new end and its effects as the bits of a number. It looks at every token there is,
 * once, and is as cheap as that can be: OFFSET keeps Postgres from computing what it has computed already, and the rows of what
 * is hit are narrow, for they may be a million.
 */
export async function hitTokens(
  tx: Transaction,
  change: ForeseenChange,
  place: Placeholder,
): Promise<string> {
  const at = `${place(change.at)}::timestamptz`;
  const { joins, flags } = effectsOf(change, at, place);
  // Only a purge looks at tokens that have ended.
  const looked = flags.PURGED === 'false' ? isLive('a', at) : 'TRUE';
  const bits = POLICY_EFFECTS.map((effect, bit) => `CASE WHEN ${flags[effect]} THEN ${1 << bit} ELSE 0 END`);
  const forOrder = change.cap ? 't.profile, t.created_at, t.ends_at, t.revoked_at, ' : '';
  return `SELECT * FROM (
    SELECT t.id, t.principal_id, ${forOrder}t.new_ends_at, ${bits.join('\n + ')} AS effects FROM (
      SELECT a.id, a.principal_id, a.profile, a.created_at, a.ends_at, a.revoked_at, a.rotated_at,
        ${newEndOf('a', change.cap, place)} AS new_ends_at
      FROM ${await tokensNow(tx)} a WHERE ${looked} OFFSET 0) AS t ${joins}
    OFFSET 0) AS looked_at WHERE effects <> 0`;
}

/** The condition of each effect, of a token as it is and as it would be. */
function effectsOf({ today, changed, cap }: ForeseenChange, at: string, place: Placeholder) {
  const live = isLive('t', at);
  const now = warningsOf(today, at);
  const isAlike = cap === null && warningsOf(changed, at)?.condition === now?.condition;
  const then = isAlike ? now : warningsOf(changed, at, { endsAt: 't.new_ends_at', alias: 'due_then' });
  // A cap ends no token before now: it makes none that has ended longer ago, and none that was used longer ago.
  const idle = onlyThen(touchedAsIdle(changed, at), touchedAsIdle(today, at));
  const flags: Record<PolicyEffect, string> = {
    EXCEEDS_MAXIMUM: `${live} AND ${exceedsPolicy('t', changed.profiles, place)}`,
    CUT_SHORT: cap ? `${live} AND t.new_ends_at < t.ends_at` : 'false',
    WARNED: onlyThen(then?.condition, now?.condition),
    PURGED: onlyThen(purgedBy(changed, at), purgedBy(today, at)),
    IDLE_REVOKED: cap ? `t.new_ends_at > ${at} AND ${idle}` : idle,
  };
  return { joins: isAlike ? '' : `${now?.join ?? ''} ${then?.join ?? ''}`, flags };
}

/** What the next run would do under the change and would not do today; undefined where the task is off. */
function onlyThen(then: string | undefined, today: string | undefined): string {
  if (then === undefined || then === today) return 'false';
  return today === undefined ? `(${then})` : `(${then}) AND (${today}) IS NOT TRUE`;
}

function warningsOf(
  { expiryWarnings }: PolicyDocument,
  at: string,
  end?: EndUnderChange,
): WarningDue | undefined {
  return expiryWarnings.enabled ? warningDue('t', expiryWarnings.thresholds, at, end) : undefined;
}

function purgedBy({ purge }: PolicyDocument, at: string): string | undefined {
  return purge.enabled ? purgeDue('t', purge.after, at) : undefined;
}

function touchedAsIdle({ idleRevocation }: PolicyDocument, at: string): string | undefined {
  const { enabled, after } = idleRevocation;
  return enabled ? `(${idleToMark('t', after, at)} OR ${idleToRevoke('t', after, at)})` : undefined;
}

/** SQL of a timestamptz: when a token ends under the cap, or as it does where none is. A cap leaves what was revoked. */
export function newEndOf(table: string, cap: PreparedCap | null, place: Placeholder): string {
  if (cap === null) return `${table}.ends_at`;
  const maxima = `${place(JSON.stringify(cap.maxima))}::jsonb`;
  const capEnd = capEndOf(table, maxima, `${place(cap.enforceFrom)}::timestamptz`);
  return `CASE WHEN ${table}.revoked_at IS NULL THEN least(${table}.ends_at, ${capEnd}) ELSE ${table}.ends_at END`;
}

const isLive = (table: string, at: string) => `(${table}.revoked_at IS NULL AND ${table}.ends_at > ${at})`;

/** Whether the cap of a change would move the end of any token. */
export async function capHitsAny(tx: Transaction, change: ForeseenChange): Promise<boolean> {
  const parameters: unknown[] = [];
  const place: Placeholder = (value) => `$${parameters.push(value)}`;
  const at = `${place(change.at)}::timestamptz`;
  const newEnd = newEndOf('t', change.cap, place);
  const [row] = await rows<{ hits: boolean }>(
    tx,
    `SELECT EXISTS (SELECT FROM ${await tokensNow(tx)} t WHERE ${isLive('t', at)} AND ${newEnd} < t.ends_at) AS hits`,
    parameters,
  );
  return row?.hits ?? false;
}
