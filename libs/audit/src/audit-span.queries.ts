import { rows, type Transaction } from '@tokenwarden/database';
import { EVENT_COLUMNS, type EventRow } from './audit.queries.js';

/** The part of the trail between two moments, `since` inclusive and `until` exclusive. */
export interface Span {
  readonly since: Date | undefined;
  readonly until: Date | undefined;
}

/** A stretch of the trail, both ends inclusive; empty when `first` lies behind `last`. */
export interface Stretch {
  readonly first: bigint;
  readonly last: bigint;
}

// An event's moment is taken inside its transaction, its place after the commit: no transaction lasts this long. So of
// two events whose moments lie further apart, the earlier had arrived before the later, and stands before it.
const LONGEST_TRANSACTION = `interval '1 hour'`;

/** SQL for the last place that surely stands before every event from the moment on; 0 where there is none. */
export const placeBefore = (moment: string) => `coalesce((SELECT sequence FROM audit_events
  WHERE occurred_at < ${moment}::timestamptz - ${LONGEST_TRANSACTION} ORDER BY occurred_at DESC, sequence DESC LIMIT 1), 0)`;

/** SQL for the first place that surely stands behind every event before the moment; null where there is none. */
export const placeBehind = (moment: string) => `(SELECT sequence FROM audit_events
  WHERE occurred_at >= ${moment}::timestamptz + ${LONGEST_TRANSACTION} ORDER BY occurred_at, sequence LIMIT 1)`;

/** The stretch that holds every event of the span, up to what there is now; read by two probes of an index. */
export async function stretchOf(tx: Transaction, { since, until }: Span): Promise<Stretch> {
  const [ends] = await rows<{ before: string; behind: string | null; head: string | null }>(
    tx,
    `SELECT ${placeBefore('$1')} AS before, ${placeBehind('$2')} AS behind, (SELECT max(sequence) FROM audit_events) AS head`,
    [since ?? '-infinity', until ?? 'infinity'],
  );
  if (!ends) throw new Error('A SELECT of three values gave no row.');
  const last = BigInt(ends.behind ?? BigInt(ends.head ?? 0) + 1n) - 1n;
  return { first: BigInt(ends.before) + 1n, last };
}

/** The events of the span on this stretch, oldest first: at most as many as the stretch is long. */
export async function eventsOnStretch(
  tx: Transaction,
  { since, until }: Span,
  { first, last }: Stretch,
): Promise<EventRow[]> {
  // OFFSET 0: by place first, whatever the planner thinks of the moments, or every stretch would read the whole span.
  return rows(
    tx,
    `SELECT ${EVENT_COLUMNS} FROM
       (SELECT * FROM audit_events WHERE sequence BETWEEN $1::bigint AND $2::bigint OFFSET 0) AS stretch
     WHERE occurred_at >= $3::timestamptz AND occurred_at < $4::timestamptz ORDER BY sequence`,
    [String(first), String(last), since ?? '-infinity', until ?? 'infinity'],
  );
}
