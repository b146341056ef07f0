import { rows, type Transaction } from '@tokenwarden/database';
import type { AuditAction } from './actions.js';
import { EVENT_COLUMNS, type EventRow } from './audit.queries.js';

/** What follows a place in the trail, as far as somebody has looked. */
export interface TrailStretch {
  /** The events of the asked actions, in order. */
  readonly events: readonly EventRow[];
  /** The last place that was looked at: the next stretch begins behind it. */
  readonly through: string;
}

/** The last place of the trail as it stands; `0` where there is none. */
export async function trailHead(tx: Transaction): Promise<string> {
  const [head] = await rows<{ sequence: string }>(tx, `SELECT ${HEAD}::text AS sequence`);
  return head?.sequence ?? '0';
}

const HEAD = 'coalesce((SELECT max(sequence) FROM audit_events), 0)';

/**
 * The changes of these actions (no refused attempts) behind a place, on the next `most` places at the most: for whoever follows
 * the trail step by step. Places come in order and without gaps, so nothing appears later before what was looked at.
 */
export async function changesBehind(
  tx: Transaction,
  place: string,
  most: number,
  actions: readonly AuditAction[],
): Promise<TrailStretch> {
  const [reached] = await rows<{ through: string }>(
    tx,
    `SELECT greatest($1::bigint, least(${HEAD}, $1::bigint + $2))::text AS through`,
    [place, most],
  );
  const through = reached?.through ?? place;
  const events = await rows<EventRow>(
    tx,
    `SELECT ${EVENT_COLUMNS} FROM audit_events
     WHERE sequence > $1::bigint AND sequence <= $2::bigint AND outcome = 'SUCCEEDED' AND action = ANY ($3::text[])
     ORDER BY sequence`,
    [place, through, actions],
  );
  return { events, through };
}
