import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { AuditModule } from '@tokenwarden/audit';
import { DatabaseModule, rows } from '@tokenwarden/database';
import { NotificationsModule } from '@tokenwarden/notifications';
import { Settings, SettingsModule, type SettingsValues } from '@tokenwarden/settings';
import { Logs, TelemetryModule } from '@tokenwarden/telemetry';
import {
  startWebhookReceiver,
  until,
  type DatabaseForSpecs,
  type WebhookReceiver,
} from '../../../test/harness/index.js';
import { Announcements } from '../src/announcements/announcements.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** Processes that give the trail its order and tell a webhook of it, and the receiver. */
export class Announcing {
  /** What the processes have logged. */
  readonly lines: string[] = [];
  receiver!: WebhookReceiver;
  private readonly apps: INestApplicationContext[] = [];

  constructor(private readonly server: DatabaseForSpecs) {}

  /** One statement, beside all that the processes do. */
  sql<T = unknown>(statement: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.server.database.read((tx) => rows<T>(tx, statement, parameters));
  }

  /** One more process, which has the webhook or not. */
  async instance(hasWebhook = true): Promise<INestApplicationContext> {
    const name = `announcing-${this.apps.length + 1}`;
    const settings = new Settings({
      ...{ instanceName: name, publicUrl: 'https://tokens.example' },
      ...(hasWebhook && { webhook: { url: this.receiver.url, secret: SECRET } }),
    } as Partial<SettingsValues> as SettingsValues);
    const destination = { write: (line: string) => void this.lines.push(line) };
    const imports = [
      SettingsModule.forRoot(settings),
      TelemetryModule.forRoot(new Logs({ level: 'info', destination })),
      DatabaseModule.forRoot({ url: this.server.url, applicationName: name }),
      AuditModule,
      NotificationsModule,
    ];
    class OneProcess {}
    Module({ imports, providers: [Announcements] })(OneProcess);
    const app = await NestFactory.createApplicationContext(OneProcess, { logger: false });
    this.apps.push(app);
    return app;
  }

  /** What waits for the webhook: of what, in the order of enqueueing. */
  async told(): Promise<string[]> {
    const found = await this.sql<{ said: string }>(
      `SELECT concat_ws(' ', content->>'type', content->>'subject') AS said FROM outbox_messages ORDER BY created_at, id`,
    );
    return found.map(({ said }) => said);
  }

  /** Waits until everything that was recorded has its place, and the webhook was fed up to there. */
  async allFed(): Promise<void> {
    await until(async () => {
      const [now] = await this.sql<{ fed: boolean }>(
        `SELECT through_sequence = coalesce((SELECT max(sequence) FROM audit_events), 0)
           AND NOT EXISTS (SELECT FROM audit_pending_events) AS fed FROM webhook_feed`,
      );
      return now?.fed ?? false;
    });
  }

  /** A receiver, and a feed that is off. */
  async begin(): Promise<void> {
    this.receiver = await startWebhookReceiver();
    this.receiver.answer = () => 503; // what is enqueued stays where a test can look at it
    await this.sql(`UPDATE webhook_feed SET is_on = false, through_sequence = 0`);
  }

  /** Stops the processes of this test; none of them may have logged what lets somebody in. */
  async end(): Promise<void> {
    for (const app of this.apps.splice(0)) await app.close();
    await this.receiver.stop();
    await this.sql('TRUNCATE outbox_messages, audit_pending_events CASCADE');
    expect(this.lines.splice(0).join()).not.toMatch(/path-that-lets-in|whsec_/);
  }
}

/** A receiver for each test of one file, and as many processes as it wants. */
export function announcingForSpecs(server: DatabaseForSpecs): Announcing {
  const announcing = new Announcing(server);
  beforeEach(() => announcing.begin());
  afterEach(() => announcing.end());
  return announcing;
}
