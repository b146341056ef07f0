export type {
  Channel,
  Outgoing,
  OutgoingEvent,
  OutgoingMail,
  Purpose,
  Recipient,
} from './outbox/outgoing.js';
export { enqueue } from './outbox/enqueue.queries.js';
export {
  attemptsSince,
  hurry,
  takeEndedWarnings,
  untriedSince,
  type Attempts,
  type EndedMessage,
  type GivenUp,
} from './outbox/attempts.queries.js';
export { Notifications } from './notifications.js';
export { NotificationsModule } from './notifications.module.js';
export type * from './mail/content.js';
export {
  announcementOf,
  tokensExpiring,
  type ExpiringToken,
  type TrailEvent,
  type WebhookEvent,
} from './webhook/webhook-event.js';
