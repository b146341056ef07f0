import type { ActorRef, Duration, JsonObject, JsonValue, TokenKind } from '@tokenwarden/vocabulary';
import type { WebhookEvent } from './cloud-event.rules.js';

export type { WebhookEvent } from './cloud-event.rules.js';

/** An event of the trail as far as a webhook tells of it: neither address nor agent of whoever did it, nor hashes. */
export interface TrailEvent {
  /** Its place in the trail. */
  readonly sequence: string;
  readonly occurredAt: Date;
  readonly action: string;
  readonly outcome: string;
  readonly actor: ActorRef;
  readonly targetType: string | null;
  readonly targetId: string | null;
  readonly targetName: string | null;
  readonly details: JsonValue;
}

/** What the trail recorded, as `tokenwarden.` and its action. */
export function announcementOf(event: TrailEvent): WebhookEvent {
  const { sequence, occurredAt, action, outcome, actor, targetType, targetId, targetName, details } = event;
  return {
    type: `tokenwarden.${action}`,
    subject: targetId,
    time: occurredAt.toISOString(),
    data: {
      action,
      outcome,
      actor: { kind: actor.kind, id: actor.id, name: actor.name },
      target: targetType === null ? null : { type: targetType, id: targetId, name: targetName },
      details,
      sequence,
    },
  };
}

/** A token that ends soon, as a webhook names it. */
export interface ExpiringToken {
  readonly id: string;
  readonly name: string;
  readonly kind: TokenKind;
  readonly endsAt: Date;
  /** Null: never used. */
  readonly lastUsedAt: Date | null;
  /** The user or the service account that it acts as. */
  readonly owner: { readonly id: string; readonly name: string };
}

/**
 * These tokens have passed this threshold and end soon: the same facts as the mail of one run, so many in one event as whoever
 * receives it can bear.
 * @param decidedAt When the warning was decided
 */
export function tokensExpiring(
  threshold: Duration,
  tokens: readonly ExpiringToken[],
  decidedAt: Date,
): WebhookEvent {
  return {
    type: 'tokenwarden.token.expiring',
    subject: null,
    time: decidedAt.toISOString(),
    data: { threshold, tokens: tokens.map(listed) },
  };
}

function listed({ id, name, kind, endsAt, lastUsedAt, owner }: ExpiringToken): JsonObject {
  return {
    id,
    name,
    kind,
    endsAt: endsAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    owner: { kind, id: owner.id, name: owner.name },
  };
}
