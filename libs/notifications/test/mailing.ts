import { createHash } from 'node:crypto';
import { afterEach, beforeEach } from '@jest/globals';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { readSettings, type MailSettings } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import {
  databaseForSpecs,
  startSmtp,
  type DatabaseForSpecs,
  type RunningSmtp,
  type SmtpOptions,
  until,
} from '../../../test/harness/index.js';
import type { MailContent } from '../src/mail/content.js';
import { ChannelSender, type Delivery } from '../src/outbox/channel-sender.js';
import { enqueue } from '../src/outbox/enqueue.queries.js';
import type { OutgoingMail } from '../src/outbox/outgoing.js';
import { MailDelivery } from '../src/smtp/mail-delivery.js';
import { smtpOptions } from '../src/smtp/smtp-options.js';

/** What every mail of these tests is about. */
export const CONTENT: MailContent = {
  type: 'task-recovers',
  task: 'PURGE',
  runId: '0d4f7a52-6c58-4f0f-8d0a-2f1f7a9b1c01',
  recoveredAt: '2026-11-27T08:00:00.000Z',
  failingSince: null,
};

/** A message as it stands in the outbox. */
export interface Stored {
  readonly id: string;
  readonly email: string;
  readonly state: string;
  readonly attempts: number;
  readonly unanswered: number;
  readonly reply: string | null;
  readonly claimedBy: string | null;
  /** Seconds from its last attempt to the next one; null before the first. */
  readonly rest: number | null;
}

/** How a process of these tests sends. */
export interface SendingProcess {
  readonly name?: string;
  /** That of `smtp` unless told. */
  readonly url?: string;
  /** Of the connection, shorter than in the product. */
  readonly connection?: Partial<ReturnType<typeof smtpOptions>>;
  /** In place of the delivery of mail. */
  readonly delivery?: (real: Delivery) => Delivery;
}

/** A mail server, an outbox, and processes that send from the one to the other. */
export class Mailing {
  readonly lines: string[] = [];
  private readonly processes: { sender: ChannelSender; database: Database }[] = [];
  private readonly servers: RunningSmtp[] = [];

  constructor(private readonly fresh: DatabaseForSpecs) {}

  /** The connections of the tests themselves. */
  get database(): Database {
    return this.fresh.database;
  }

  /** Starts one more mail server. */
  async smtp(options: SmtpOptions = {}): Promise<RunningSmtp> {
    const server = await startSmtp(options);
    this.servers.push(server);
    return server;
  }

  /** Starts one more process that sends. */
  async process({ name, url, connection, delivery }: SendingProcess = {}): Promise<ChannelSender> {
    const process = name ?? `process-${this.processes.length + 1}`;
    const database = await openDatabase(this.fresh.url, { applicationName: process });
    const logs = new Logs({ level: 'debug', destination: { write: (line) => void this.lines.push(line) } });
    const mail = mailSettingsOf(url ?? this.servers[0]?.url ?? '');
    const real = new MailDelivery(mail, 'https://tokens.example', {
      ...smtpOptions(mail.server),
      ...connection,
    });
    const sender = new ChannelSender({ database, logs, process }, delivery?.(real) ?? real);
    this.processes.push({ sender, database });
    sender.start();
    return sender;
  }

  /** Enqueues a mail to each of these names at example.org, in one transaction; their ids. */
  async mailTo(...names: readonly string[]): Promise<string[]> {
    const mails = names.map((name) => mailFor(`${name}@example.org`, name));
    return this.database.transaction((tx) => enqueue(tx, mails));
  }

  /** Everything in the outbox, in the order of the addresses. */
  stored(): Promise<Stored[]> {
    return this.sql<Stored>(
      `SELECT id, recipient_email AS email, state, attempts, unanswered, last_error AS reply, claimed_by AS "claimedBy",
         extract(epoch FROM next_attempt_at - last_attempt_at)::float8 AS rest
       FROM outbox_messages ORDER BY recipient_email, id`,
    );
  }

  /** What became of each name. */
  async states(): Promise<Record<string, string>> {
    return Object.fromEntries(
      (await this.stored()).map(({ email, state }) => [email.split('@')[0] ?? '', state] as const),
    );
  }

  /** Ends every back-off. */
  async makeDue(): Promise<void> {
    await this.sql(
      `UPDATE outbox_messages SET next_attempt_at = clock_timestamp() WHERE state = 'WAITING' AND claimed_by IS NULL`,
    );
  }

  async untilAll(question: (message: Stored) => boolean): Promise<void> {
    await until(async () => (await this.stored()).every(question));
  }

  sql<T>(statement: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.database.read((tx) => rows<T>(tx, statement, parameters));
  }

  /** Before each test: nothing waits. */
  async begin(): Promise<void> {
    await this.sql('TRUNCATE outbox_messages CASCADE');
  }

  /** After each test: nothing runs. */
  async end(): Promise<void> {
    for (const { sender } of this.processes) await sender.stop();
    for (const { database } of this.processes) await database.close();
    for (const server of this.servers) await server.stop();
    for (const list of [this.processes, this.servers, this.lines]) list.length = 0;
  }
}

/** What SMTP_URL and MAIL_FROM become. */
export function mailSettingsOf(url: string): MailSettings {
  const { mail } = readSettings({ SMTP_URL: url, MAIL_FROM: 'Tokenwarden <tokenwarden@example.org>' });
  if (!mail) throw new Error('SMTP_URL was not read.');
  return mail;
}

/** A mail to one address, each of which is somebody else's. */
export function mailFor(email: string, name: string): OutgoingMail {
  return {
    channel: 'EMAIL',
    purpose: 'administrators',
    recipient: { id: userOf(email), name, email },
    content: CONTENT,
  };
}

function userOf(email: string): string {
  const hash = createHash('sha256').update(email).digest('hex');
  return hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

/** A world of its own for the tests of the file that calls this, on a database that they share. */
export function mailing(): Mailing {
  const world = new Mailing(databaseForSpecs());
  beforeEach(() => world.begin());
  afterEach(() => world.end());
  return world;
}
