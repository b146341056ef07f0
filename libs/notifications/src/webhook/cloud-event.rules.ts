import type { JsonObject } from '@tokenwarden/vocabulary';

/** What a webhook says, as it waits in the outbox. */
export interface WebhookEvent {
  /** `tokenwarden.` and what happened. */
  readonly type: string;
  /** The id of what it happened to; null where that is more than one thing, or none. */
  readonly subject: string | null;
  /** When it happened, as RFC 3339 in UTC. */
  readonly time: string;
  readonly data: JsonObject;
}

/** The media type of a CloudEvent that is the whole body (CloudEvents 1.0, JSON event format, section 3). */
export const CLOUD_EVENT_TYPE = 'application/cloudevents+json';

/**
 * The event as a CloudEvent 1.0 in JSON, structured mode: of one event always the same text, so that what is signed at a second
 * attempt is what was signed at the first. What is null is left out, since an attribute is never empty. The id is that of the
 * message, and so the `webhook-id`; the source is the issuer.
 */
export function cloudEventBody(
  { type, subject, time, data }: WebhookEvent,
  id: string,
  source: string,
): string {
  return JSON.stringify({
    specversion: '1.0',
    id,
    source,
    type,
    ...(subject ? { subject } : {}),
    time,
    datacontenttype: 'application/json',
    data,
  });
}
