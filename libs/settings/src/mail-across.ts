import { isIP } from 'node:net';
import { isEmail } from '@tokenwarden/vocabulary';
import type { GivenSettings, SettingKey } from './definitions.js';
import { hostInUrl } from './loopback.rules.js';
import type { MailAddress, SmtpServer } from './mail-readers.js';
import type { MailSettings } from './settings.js';

const NO_DOMAIN = 'tokenwarden@localhost';

/** SMTP_URL and MAIL_FROM as one: undefined where no server is named. */
export function mailSettings(given: GivenSettings, publicUrl: string): MailSettings | undefined {
  if (given.smtpUrl === undefined) return undefined;
  return { server: given.smtpUrl, from: given.mailFrom ?? defaultFrom(publicUrl) };
}

// A mail domain is a name with a dot: nobody takes mail from an address at an IP address.
function defaultFrom(publicUrl: string): MailAddress {
  const { hostname } = new URL(publicUrl);
  const address = `tokenwarden@${hostname}`;
  const isDomain = isIP(hostname) === 0 && hostname.includes('.');
  return { name: 'Tokenwarden', address: isDomain && isEmail(address) ? address : NO_DOMAIN };
}

/** What must hold between the settings of mail. */
export function mailMistakes(named: ReadonlySet<SettingKey>): string[] {
  return named.has('mailFrom') && !named.has('smtpUrl')
    ? ['MAIL_FROM: it goes with SMTP_URL: give that too, or leave this out.']
    : [];
}

/** What is allowed and should be known. */
export function mailWarnings(mail: MailSettings | undefined, named: ReadonlySet<SettingKey>): string[] {
  return mail && !named.has('mailFrom') && mail.from.address === NO_DOMAIN
    ? [
        `MAIL_FROM is not given, and the host of PUBLIC_URL is no mail domain: mails come from ${NO_DOMAIN}, which many servers refuse. Give it.`,
      ]
    : [];
}

/** The server as it may be shown: without user and password. */
export function shownSmtpServer({ host, port, isTls }: SmtpServer): string {
  return `${isTls ? 'smtps' : 'smtp'}://${hostInUrl(host)}:${port}`;
}
