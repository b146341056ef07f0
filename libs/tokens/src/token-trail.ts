import { recordAll, type AuditAction } from '@tokenwarden/audit';
import { recordChange, type Transaction } from '@tokenwarden/database';
import type { Author, JsonObject } from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';

/** What every change of tokens leaves behind: its place in the change log, and an event for each token. */
export async function leaveTrail(
  tx: Transaction,
  action: AuditAction,
  tokens: readonly AccessTokenEntity[],
  by: Author,
  details: JsonObject,
): Promise<void> {
  if (tokens.length === 0) return;
  await recordChange(
    tx,
    'token',
    tokens.map((token) => token.id),
  );
  await recordAll(
    tx,
    tokens.map((token) => ({
      action,
      by,
      target: { type: 'token', id: token.id, name: token.name },
      ...(Object.keys(details).length === 0 ? {} : { details }),
    })),
  );
}

/** The details of an event that has a reason where one was given. */
export function withReason(reason: string | null): JsonObject {
  return reason === null ? {} : { reason };
}
