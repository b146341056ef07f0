import { Module } from '@nestjs/common';
import { Notifications } from './notifications.js';
import { OutboxKeeper } from './outbox/outbox-keeper.js';

/** The outbox and its senders. */
@Module({ providers: [Notifications, OutboxKeeper], exports: [Notifications] })
export class NotificationsModule {}
