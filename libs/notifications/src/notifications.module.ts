import { Module } from '@nestjs/common';
import { Notifications } from './notifications.js';

/** The outbox and its senders. */
@Module({ providers: [Notifications], exports: [Notifications] })
export class NotificationsModule {}
