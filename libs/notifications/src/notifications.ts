import { Injectable } from '@nestjs/common';
import { Settings } from '@tokenwarden/settings';
import { CHANNELS, type Channel } from './outbox/outgoing.js';

/** Which ways of telling are open here, and how those who have enqueued something say so. */
@Injectable()
export class Notifications {
  /** Whether mail is sent (SMTP_URL). */
  readonly isMailOn: boolean;
  /** Whether events are sent (WEBHOOK_URL). */
  readonly isWebhookOn: boolean;

  constructor(settings: Settings) {
    this.isMailOn = settings.mail !== undefined;
    this.isWebhookOn = settings.webhook !== undefined;
  }

  /** The channels that are open. */
  get channels(): readonly Channel[] {
    return CHANNELS.filter((channel) => (channel === 'EMAIL' ? this.isMailOn : this.isWebhookOn));
  }

  /** What was enqueued is tried at once. Call it behind the commit; without it the senders look by themselves soon. */
  wake(): void {
    return;
  }
}
