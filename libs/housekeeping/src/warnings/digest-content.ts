import { tokensExpiring, type MailContent, type WebhookEvent } from '@tokenwarden/notifications';
import { durationOfSeconds, type Duration, type JsonObject } from '@tokenwarden/vocabulary';
import type { OpenToken } from './open-warnings.queries.js';
import { revokedFrom } from './revoked-from.rules.js';

/** What people are told of: that tokens end, or that they were not used for so long and will be revoked so much later. */
export type WarningSubject =
  { readonly kind: 'EXPIRY' } | { readonly kind: 'IDLE'; readonly after: Duration };

/** An event for the webhook, and the warnings that it tells of. */
export interface WarningEvent {
  readonly content: WebhookEvent;
  readonly warningIds: readonly string[];
}

/** The mail that lists these tokens, which are those of one recipient; they come sorted by end. */
export function digestOf(subject: WarningSubject, tokens: readonly OpenToken[]): MailContent {
  const more = (tokens[0]?.total ?? 0) - tokens.length;
  if (subject.kind === 'EXPIRY') {
    const listed = tokens.map((token) => ({
      ...facts(token),
      threshold: durationOfSeconds(token.thresholdSeconds),
    }));
    return { type: 'expiry-digest', tokens: listed, more };
  }
  const { after } = subject;
  const listed = tokens.map((token) => ({
    ...facts(token),
    revokedFrom: revokedFrom(token, after).toISOString(),
  }));
  return { type: 'idle-digest', after, tokens: listed, more };
}

/** The events that tell of these tokens: one for each threshold. */
export function eventsOf(subject: WarningSubject, tokens: readonly OpenToken[]): WarningEvent[] {
  const thresholds = [...new Set(tokens.map(({ thresholdSeconds }) => thresholdSeconds))];
  return thresholds.map((seconds) => {
    const those = tokens.filter(({ thresholdSeconds }) => thresholdSeconds === seconds);
    return {
      content: eventOf(subject, durationOfSeconds(seconds), those),
      warningIds: those.map(({ warningId }) => warningId),
    };
  });
}

function eventOf(subject: WarningSubject, threshold: Duration, tokens: readonly OpenToken[]): WebhookEvent {
  const decidedAt = new Date(Math.max(...tokens.map((token) => token.decidedAt.getTime())));
  if (subject.kind === 'EXPIRY') return tokensExpiring(threshold, tokens.map(owned), decidedAt);
  return {
    type: 'tokenwarden.token.idle',
    subject: null,
    time: decidedAt.toISOString(),
    data: { after: subject.after, tokens: tokens.map((token) => idle(token, subject.after)) },
  };
}

function owned({ id, name, kind, endsAt, lastUsedAt, ownerId, ownerName }: OpenToken) {
  return { id, name, kind, endsAt, lastUsedAt, owner: { id: ownerId, name: ownerName } };
}

function idle(token: OpenToken, after: Duration): JsonObject {
  const { id, name, kind, endsAt, lastUsedAt, ownerId, ownerName } = token;
  return {
    ...{ id, name, kind, endsAt: endsAt.toISOString(), lastUsedAt: lastUsedAt?.toISOString() ?? null },
    owner: { kind, id: ownerId, name: ownerName },
    revokedFrom: revokedFrom(token, after).toISOString(),
  };
}

function facts({ id, name, kind, account, endsAt, lastUsedAt, isSuspended, asAdministrator }: OpenToken) {
  return {
    id,
    name,
    kind,
    account,
    endsAt: endsAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    isSuspended,
    asAdministrator,
  };
}
