import { SYSTEM } from '@tokenwarden/vocabulary';
import type { AuditAction } from './actions.js';

/** What Tokenwarden itself does to very many things by one statement. */
export interface SelectedEvents {
  readonly action: AuditAction;
  /** Of all of them: `token`. */
  readonly targetType: string;
  /**
   * SQL of what stands behind FROM: a table, or a WITH query of the statement, with the columns `target_id` (uuid or text),
   * `target_name` (text) and `details` (jsonb, or null).
   */
  readonly from: string;
}

/**
 * SQL that records one event of SYSTEM for each selected row, in the statement that makes the change or beside it: for tasks that
 * go over a hundred thousand tokens, each of which has its event all the same (rule 20). Names of what is stored were looked at
 * for secrets when they were given; `details` must hold nothing that a person wrote.
 */
export function recordingOfSelected({ action, targetType, from }: SelectedEvents): string {
  return `INSERT INTO audit_pending_events (action, outcome, actor_kind, actor_id, actor_name, target_type, target_id,
      target_name, details)
    SELECT '${action}', 'SUCCEEDED', 'SYSTEM', NULL, '${SYSTEM.actor.name}', '${targetType}', selected.target_id::text,
      selected.target_name, selected.details FROM ${from} AS selected`;
}
