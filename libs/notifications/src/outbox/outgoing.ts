import type { MailContent } from '../mail/content.js';
import type { WebhookEvent } from '../webhook/webhook-event.js';

/** On which ways something is told. */
export const CHANNELS = ['EMAIL', 'WEBHOOK'] as const;
/** See `CHANNELS`. */
export type Channel = (typeof CHANNELS)[number];

/** Whom a mail is for, as the directory knows them now: a name or an address that changes later is not followed. */
export interface Recipient {
  /** Of the user. */
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** A mail to one recipient. It waits as facts, and becomes words when it is sent. */
export interface OutgoingMail {
  readonly channel: 'EMAIL';
  readonly purpose: 'token-warning' | 'administrators';
  readonly recipient: Recipient;
  readonly content: MailContent;
}

/** An event to the one webhook. */
export interface OutgoingEvent {
  readonly channel: 'WEBHOOK';
  readonly purpose: 'token-warning' | 'event';
  /** A UUID: the `webhook-id` and the CloudEvent's id, the same at every attempt. */
  readonly id: string;
  readonly content: WebhookEvent;
}

/** What is to be told to somebody. */
export type Outgoing = OutgoingMail | OutgoingEvent;
/** Why something is told: what its attempts are asked for by. */
export type Purpose = Outgoing['purpose'];
