import { domainToASCII } from 'node:url';
import { isEmail } from '@tokenwarden/vocabulary';
import type { MailSettings } from '@tokenwarden/settings';
import type { MailContent } from '../mail/content.js';
import { renderMail } from '../mail/render-mail.js';
import type { AttemptEnd, Delivery } from '../outbox/channel-sender.js';
import type { Claimed } from '../outbox/claims.queries.js';
import type { Outcome } from '../outbox/delivery.rules.js';
import { NO_ADDRESS } from '../outbox/enqueue.queries.js';
import { composeMail } from './compose-mail.js';
import { smtpOptions } from './smtp-options.js';
import { smtpOutcome } from './smtp-outcome.rules.js';
import { SmtpFailure, SmtpSession, type Envelope } from './smtp-session.js';

/** As long as mail servers themselves try (RFC 5321, section 4.5.4.1). */
const LIFETIME_DAYS = 5;

/** Delivers mail to one server, over one connection for as long as there is something to send. */
export class MailDelivery implements Delivery {
  readonly channel = 'EMAIL';
  readonly lanes = 1;
  readonly lifetimeSeconds = LIFETIME_DAYS * 86_400;
  readonly sayings = {
    trouble: 'The mail server takes no mail (SMTP_URL); what is to be sent waits, and is tried again.',
    recovered: 'The mail server takes mail again.',
  };
  readonly #options;
  #session: SmtpSession | undefined;

  constructor(
    private readonly mail: MailSettings,
    private readonly publicUrl: string,
    options = smtpOptions(mail.server),
  ) {
    this.#options = options;
  }

  /** One attempt to send one mail. */
  readonly deliver = async (message: Claimed, ending: AttemptEnd): Promise<Outcome> => {
    const address = message.recipientEmail ?? '';
    // Checked where it is used: whatever stands in the database reaches no header and no server.
    if (!isEmail(address)) return { end: 'GIVEN_UP', reply: NO_ADDRESS };
    const mail = await this.composed(message, address);
    try {
      await this.send({ from: this.mail.from.address, to: onTheLine(address) }, mail, ending);
      return { end: 'SENT' };
    } catch (error) {
      if (!(error instanceof SmtpFailure)) throw error;
      if (ending.stopping.aborted && error.step !== 'HANDED_OVER') return { end: 'UNTRIED' };
      // Whether a server takes letters beyond ASCII is asked with the sender, and is about the recipient all the same.
      const isAboutRecipient = error.step === 'SENDER' && !/^[\x21-\x7e]+$/.test(onTheLine(address));
      return smtpOutcome(isAboutRecipient ? error.at('RECIPIENT') : error);
    }
  };

  /** Nothing is due: the connection is let go. */
  readonly rest = (): void => {
    this.#session?.close();
    this.#session = undefined;
  };

  private composed({ id, recipientName, content }: Claimed, address: string): Promise<Buffer> {
    const { publicUrl } = this;
    const date = new Date();
    const name = recipientName ?? '';
    const rendered = renderMail(content as MailContent, { publicUrl, now: date, recipientName: name });
    return composeMail({ ...rendered, from: this.mail.from, to: { name, address }, id, publicUrl, date });
  }

  private async send(envelope: Envelope, mail: Buffer, ending: AttemptEnd): Promise<void> {
    const kept = this.#session?.isOpen ? this.#session : undefined;
    try {
      await this.sendOver(kept ?? (await this.opened(ending)), envelope, mail, ending);
    } catch (error) {
      // A server may end a connection behind any message: that says nothing of the next one, sent over a new connection.
      const isOfTheConnection = error instanceof SmtpFailure && isOnlyOfTheConnection(error);
      if (!kept || !isOfTheConnection || ending.stopping.aborted || ending.timeIsUp.aborted) throw error;
      await this.sendOver(await this.opened(ending), envelope, mail, ending);
    }
  }

  private async opened(ending: AttemptEnd): Promise<SmtpSession> {
    this.#session?.close();
    this.#session = undefined;
    this.#session = await SmtpSession.open(this.#options, this.mail.server.credentials, ending);
    return this.#session;
  }

  private async sendOver(
    session: SmtpSession,
    envelope: Envelope,
    mail: Buffer,
    ending: AttemptEnd,
  ): Promise<void> {
    try {
      await session.send(envelope, mail, ending);
    } catch (error) {
      if (session.isOpen) await session.reset(ending);
      throw error;
    }
  }
}

// A domain beyond ASCII is written as DNS has it (RFC 5890); the part before the @ is the server's own.
function onTheLine(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1)) || address.slice(at + 1)}`;
}

function isOnlyOfTheConnection({ step, code, isTimeout }: SmtpFailure): boolean {
  return step !== 'HANDED_OVER' && !isTimeout && (step === 'CONNECTION' || step === 'SENDER' || code === 421);
}
