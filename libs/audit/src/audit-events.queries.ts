import { isIdentifier } from '@tokenwarden/vocabulary';
import type { Page } from '@tokenwarden/api';
import { keyset, rows, type Transaction } from '@tokenwarden/database';
import { EVENT_COLUMNS, type EventRow } from './audit.queries.js';
import { placeBefore, placeBehind } from './audit-span.queries.js';
import type { AuditEventFilter } from './audit-event.inputs.js';

/** The order of the trail as people read it: newest first. */
export const NEWEST_FIRST = [{ column: 'sequence', descending: true, type: 'bigint' }] as const;

/** One page of the events that the filter lets through, newest first, and one more where it goes on. */
export async function eventsOnPage(
  tx: Transaction,
  filter: AuditEventFilter,
  page: Page,
): Promise<EventRow[]> {
  const { conditions, parameters } = conditionsOf(filter);
  const { condition, orderBy, limit, parameters: cursor } = keyset(page, NEWEST_FIRST, parameters.length + 1);
  return rows(
    tx,
    `SELECT ${EVENT_COLUMNS} FROM audit_events
     WHERE ${[...conditions, condition].join(' AND ')} ORDER BY ${orderBy} LIMIT ${limit}`,
    [...parameters, ...cursor],
  );
}

function conditionsOf(filter: AuditEventFilter): { conditions: string[]; parameters: unknown[] } {
  const conditions: string[] = [];
  const parameters: unknown[] = [];
  const add = (value: unknown, condition: (placeholder: string) => string) => {
    if (value === undefined) return;
    parameters.push(value);
    conditions.push(condition(`$${parameters.length}`));
  };
  const [only, ...others] = filter.actions ?? [];
  // One action is read in order from its index; of several the planner has to choose.
  if (only !== undefined && others.length === 0) add(only, (action) => `action = ${action}`);
  else add(filter.actions, (actions) => `action = ANY (${actions}::text[])`);
  // As a constant, so that the planner can take the index of the refused.
  if (filter.outcome !== undefined)
    conditions.push(filter.outcome === 'REFUSED' ? `outcome = 'REFUSED'` : `outcome = 'SUCCEEDED'`);
  if (filter.actorId !== undefined && !isIdentifier(filter.actorId)) conditions.push('FALSE');
  else add(filter.actorId, (id) => `actor_id = ${id}::uuid`);
  if (filter.targetId !== undefined && !isKnowableId(filter.targetId)) conditions.push('FALSE');
  else add(filter.targetId, (id) => `target_id = ${id}`);
  add(filter.since, (since) => `occurred_at >= ${since}::timestamptz AND sequence > ${placeBefore(since)}`);
  add(filter.until, (until) => `occurred_at < ${until}::timestamptz`);
  add(filter.until, (until) => `sequence < coalesce(${placeBehind(until)}, 9223372036854775807)`);
  return { conditions, parameters };
}

// A signing key is named by its kid and a policy by its version, so not every target has a UUID.
function isKnowableId(id: string): boolean {
  return /^[a-z0-9-]{1,100}$/.test(id);
}
