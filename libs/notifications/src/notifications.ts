import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '@tokenwarden/database';
import { Settings } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import { ChannelSender, type Delivery } from './outbox/channel-sender.js';
import type { Channel } from './outbox/outgoing.js';
import { MailDelivery } from './smtp/mail-delivery.js';
import { webhookDelivery } from './webhook/webhook-delivery.js';

/**
 * The senders of this process, one for each channel that the settings open: which those are, and how whoever has enqueued
 * something says so.
 */
@Injectable()
export class Notifications implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** The channels that are open here. */
  readonly channels: readonly Channel[];
  private readonly senders: readonly ChannelSender[];

  constructor(database: Database, logs: Logs, settings: Settings) {
    const deliveries = deliveriesOf(settings);
    this.channels = deliveries.map(({ channel }) => channel);
    const parts = { database, logs, process: settings.processName };
    this.senders = deliveries.map((delivery) => new ChannelSender(parts, delivery));
  }

  /** Whether mail is sent (SMTP_URL). */
  get isMailOn(): boolean {
    return this.channels.includes('EMAIL');
  }

  /** Whether events are sent (WEBHOOK_URL). */
  get isWebhookOn(): boolean {
    return this.channels.includes('WEBHOOK');
  }

  /** From now on it sends by itself. */
  onApplicationBootstrap(): void {
    for (const sender of this.senders) sender.start();
  }

  /** What was enqueued is tried at once. Call it behind the commit; without it the senders look by themselves within a second. */
  wake(): void {
    for (const sender of this.senders) sender.wake();
  }

  /** Ends what is under way. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.senders.map((sender) => sender.stop()));
  }
}

function deliveriesOf({ mail, webhook, publicUrl }: Settings): Delivery[] {
  return [
    ...(mail ? [new MailDelivery(mail, publicUrl)] : []),
    ...(webhook ? [webhookDelivery(webhook, publicUrl)] : []),
  ];
}
