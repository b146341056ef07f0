import MailComposer from 'nodemailer/lib/mail-composer';
import type { MailAddress } from '@tokenwarden/settings';
import type { RenderedMail } from '../mail/rendered-mail.js';
import { headerText } from '../outbox/header-text.rules.js';

/** What a mail is made of. */
export interface MailParts extends RenderedMail {
  readonly from: MailAddress;
  /** `isEmail` has accepted its address. */
  readonly to: MailAddress;
  /** Of the message in the outbox: the same at every attempt. */
  readonly id: string;
  /** Where the product is reached: its host makes the Message-ID the world's one. */
  readonly publicUrl: string;
  readonly date: Date;
}

const DOT_ATOM = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i;

/** The Message-ID (RFC 5322, section 3.6.4): of one message always the same, so that a mailbox can tell a duplicate. */
export function messageIdOf(id: string, publicUrl: string): string {
  const { hostname } = new URL(publicUrl);
  return `<${id}@${DOT_ATOM.test(hostname) ? hostname : 'tokenwarden.invalid'}>`;
}

/** The mail as it goes over the line. Names are encoded here, each on its one line; an address is taken as it is. */
export function composeMail({
  from,
  to,
  id,
  publicUrl,
  date,
  subject,
  text,
  html,
}: MailParts): Promise<Buffer> {
  return new MailComposer({
    from: mailbox(from),
    to: mailbox(to),
    subject: headerText(subject),
    text,
    html,
    textEncoding: 'quoted-printable',
    messageId: messageIdOf(id, publicUrl),
    date,
    // RFC 3834: nothing answers by itself to what was sent by itself; Exchange knows only its own header.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'OOF, AutoReply' },
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build();
}

function mailbox({ name, address }: MailAddress): { name: string; address: string } {
  return { name: headerText(name ?? ''), address };
}
