import { Readable } from 'node:stream';
import { domainToUnicode } from 'node:url';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import type { AttemptEnd } from '../outbox/channel-sender.js';
import { keptReply } from '../outbox/reply.rules.js';
import type { SmtpStep, SmtpTrouble } from './smtp-outcome.rules.js';

/** So long a stopping process waits for the answer to a message that the server has. */
const LAST_ANSWER_MILLISECONDS = 5_000;
/** So long a server may take to say goodbye. */
const GOODBYE_MILLISECONDS = 1_000;

/** Who signs in. */
export interface SmtpCredentials {
  readonly user: string;
  readonly password: string;
}

/** Where a mail goes and whom it comes from, as the server is told. */
export interface Envelope {
  readonly from: string;
  readonly to: string;
}

/** An attempt that ended without the server having accepted the message. */
export class SmtpFailure extends Error implements SmtpTrouble {
  override readonly name = 'SmtpFailure';

  constructor(
    readonly step: SmtpStep,
    readonly code: number | undefined,
    readonly reply: string,
    readonly isTimeout: boolean,
  ) {
    super(reply);
  }

  /** The same at another step. */
  at(step: SmtpStep): SmtpFailure {
    return new SmtpFailure(step, this.code, this.reply, this.isTimeout);
  }
}

// What nodemailer's errors say; a reply stands in `response`.
interface ConnectionError extends Error {
  readonly code?: string;
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
}

type Ask = (done: (error?: Error | null) => void) => void;

/** One connection to the mail server, greeted and signed in. One message at a time. */
export class SmtpSession {
  private isEnded = false;

  private constructor(
    private readonly connection: SMTPConnection,
    private readonly secrets: readonly string[],
  ) {
    connection.once('end', () => (this.isEnded = true));
    // Each question hears of errors itself; between two questions there is nobody to tell.
    connection.on('error', () => undefined);
  }

  /**
   * Connects, encrypts where that is asked for, signs in.
   * @throws SmtpFailure
   */
  static async open(
    options: SMTPConnectionOptions,
    credentials: SmtpCredentials | undefined,
    ending: AttemptEnd,
  ): Promise<SmtpSession> {
    const session = new SmtpSession(new SMTPConnection(options), secretsOf(credentials));
    const { connection } = session;
    const cut = AbortSignal.any([ending.timeIsUp, ending.stopping]);
    try {
      await session.ask(
        (done) => connection.connect(done),
        cut,
        () => 'CONNECTION',
      );
      if (credentials) {
        const auth = { user: credentials.user, pass: credentials.password };
        await session.ask(
          (done) => connection.login(auth, done),
          cut,
          () => 'CONNECTION',
        );
      }
      return session;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Whether another message may be sent over it. */
  get isOpen(): boolean {
    return !this.isEnded;
  }

  /**
   * Hands a message over; the server has accepted it when this returns.
   * @throws SmtpFailure
   */
  async send(envelope: Envelope, message: Buffer, { timeIsUp, stopping }: AttemptEnd): Promise<void> {
    // Read when the server has said that it listens: where it has been read to its end, the server may have it.
    let isHandedOver = false;
    const body = Readable.from([message], { objectMode: false });
    body.once('end', () => (isHandedOver = true));
    const cut = new AbortController();
    const giveUp = () => cut.abort();
    const onStop = () =>
      isHandedOver ? void setTimeout(giveUp, LAST_ANSWER_MILLISECONDS).unref() : giveUp();
    timeIsUp.addEventListener('abort', giveUp);
    stopping.addEventListener('abort', onStop);
    try {
      if (timeIsUp.aborted || stopping.aborted) giveUp();
      const ask: Ask = (done) => this.connection.send({ ...envelope }, body, done);
      const step = (error: ConnectionError) => (isHandedOver ? 'HANDED_OVER' : stepOf(error));
      await this.ask(ask, cut.signal, step, envelope.to);
    } finally {
      timeIsUp.removeEventListener('abort', giveUp);
      stopping.removeEventListener('abort', onStop);
      body.destroy();
    }
  }

  /** Makes it ready for the next message behind one that was refused; where that fails it is closed. */
  async reset({ timeIsUp, stopping }: AttemptEnd): Promise<void> {
    const cut = AbortSignal.any([timeIsUp, stopping]);
    await this.ask(
      (done) => this.connection.reset(done),
      cut,
      () => 'CONNECTION',
    ).catch(() => this.connection.close());
  }

  /** Says goodbye and waits for nothing. */
  close(): void {
    if (this.isEnded) return;
    this.connection.quit();
    setTimeout(() => this.connection.close(), GOODBYE_MILLISECONDS).unref();
  }

  /** One question to the server, to its answer or to the end of the connection, or to the cut. */
  private ask(
    question: Ask,
    cut: AbortSignal,
    step: (error: ConnectionError) => SmtpStep,
    recipient?: string,
  ): Promise<void> {
    const { connection } = this;
    return new Promise<void>((resolve, reject) => {
      const fail = (error: ConnectionError) => {
        settle();
        reject(this.failure(error, step(error), recipient));
      };
      // A reply that says why comes in the same breath as the end.
      const onEnd = () => setImmediate(() => fail(new Error('The server has closed the connection.')));
      const onCut = () => {
        fail(Object.assign(new Error('There was no answer in time.'), { code: 'ETIMEDOUT' }));
        connection.close();
      };
      const settle = () => {
        connection.removeListener('error', fail);
        connection.removeListener('end', onEnd);
        cut.removeEventListener('abort', onCut);
      };
      if (cut.aborted) return onCut();
      connection.once('error', fail);
      connection.once('end', onEnd);
      cut.addEventListener('abort', onCut);
      question((error) => {
        if (error) return fail(error);
        settle();
        resolve();
      });
    });
  }

  private failure(error: ConnectionError, step: SmtpStep, recipient?: string): SmtpFailure {
    const unsaid = { secrets: this.secrets, recipient: recipient === undefined ? [] : formsOf(recipient) };
    const reply = keptReply(error.response ?? error.message, unsaid);
    return new SmtpFailure(step, error.responseCode, reply, error.code === 'ETIMEDOUT');
  }
}

function stepOf({ command }: ConnectionError): SmtpStep {
  if (command === 'MAIL FROM') return 'SENDER';
  if (command === 'RCPT TO') return 'RECIPIENT';
  return command === 'DATA' ? 'MESSAGE' : 'CONNECTION';
}

/** Each form in which a server may quote an address; letters may be of either case. */
function formsOf(address: string): string[] {
  const at = address.lastIndexOf('@') + 1;
  return [address, address.slice(0, at) + domainToUnicode(address.slice(at))];
}

/** Each form in which a password goes over the line, longest first. */
function secretsOf(credentials: SmtpCredentials | undefined): string[] {
  if (!credentials) return [];
  const { user, password } = credentials;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return [
    base64(`\0${user}\0${password}`),
    base64(`${user}\0${user}\0${password}`),
    base64(password),
    password,
  ];
}
