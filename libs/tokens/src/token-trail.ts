import { record, recordAll, recordOf, type AuditAction, type NewAuditEvent } from '@tokenwarden/audit';
import { changeOf, recordChange, type Transaction, type Write } from '@tokenwarden/database';
import type { Author, JsonObject } from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';

/** What every change of tokens leaves behind: its place in the change log, and an event for each token. */
export async function leaveTrail(
  tx: Transaction,
  action: AuditAction,
  tokens: readonly NamedToken[],
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
    tokens.map((token) => eventOf(action, token, by, details)),
  );
}

/** What `leaveTrail` writes for one token, for a statement that makes the change as well. */
export function trailOf(action: AuditAction, token: NamedToken, by: Author, details: JsonObject): Write[] {
  return [changeOf('token', [token.id]), ...recordOf(eventOf(action, token, by, details))];
}

type NamedToken = Pick<AccessTokenEntity, 'id' | 'name'>;

function eventOf(
  action: AuditAction,
  { id, name }: NamedToken,
  by: Author,
  details: JsonObject,
): NewAuditEvent {
  const target = { type: 'token', id, name } as const;
  return { action, by, target, ...(Object.keys(details).length === 0 ? {} : { details }) };
}

/** Why and by whom many tokens are revoked, and what the one event of the whole says beside that and their count. */
export interface RevocationOfMany {
  readonly by: Author;
  readonly reason: string | null;
  readonly details: JsonObject;
}

/** Writes the event `tokens.bulk-revoked`; the `token.revoked` of each token has the same `revocationId`. */
export async function recordWhole(
  tx: Transaction,
  { by, reason, details }: RevocationOfMany,
  revocation: { readonly count: number; readonly revocationId: string },
): Promise<void> {
  const whole = { ...details, ...withReason(reason), ...revocation };
  await record(tx, { action: 'tokens.bulk-revoked', by, details: whole });
}

/** The details of an event that has a reason where one was given. */
export function withReason(reason: string | null): JsonObject {
  return reason === null ? {} : { reason };
}
