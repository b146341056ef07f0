import { isIP } from 'node:net';
import { isEmail, TEXT_LIMITS, textFault } from '@tokenwarden/vocabulary';
import type { Reader } from './readers.js';
import { SettingFault } from './setting-fault.js';

/** A mail server that mail is handed in at. */
export interface SmtpServer {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Whether the connection is encrypted from its first byte (smtps). */
  readonly isTls: boolean;
  /** Decoded; undefined: it takes mail from whoever reaches it. */
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
}

/** An address of mail; `isEmail` accepts it. */
export interface MailAddress {
  /** On one line; undefined: the address alone. */
  readonly name: string | undefined;
  readonly address: string;
}

/** Submission (RFC 6409) and submission over TLS (RFC 8314). */
const PORTS = { smtp: 587, smtps: 465 } as const;
const SMTP_URL = /^(smtps?):\/\/(?:([^\s/?#@]*)@)?(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?\/?$/i;
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[\w-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[\w-]{0,61}[a-z0-9_])?)*$/i;
const NAMED_ADDRESS = /^([^<>]*)<([^<>]+)>$/;

/** Where mail is handed in. It may hold a password, so that no message repeats any of it. */
export const readSmtpUrl: Reader<SmtpServer> = (text) => {
  const [, scheme = '', credentials, address, name = '', port] = SMTP_URL.exec(text) ?? [];
  if (scheme === '') {
    throw new SettingFault(
      'write one URL such as smtp://user:password@mail.example.org:587, the user and the password percent-encoded',
    );
  }
  const isKnownHost =
    address === undefined
      ? isIP(name) === 4 || (HOST_NAME.test(name) && !/^[\d.]+$/.test(name))
      : isIP(address) === 6;
  if (!isKnownHost) throw new SettingFault('write a host name or an IP address, an IPv6 address in brackets');
  const isTls = scheme.toLowerCase() === 'smtps';
  const number = port === undefined ? PORTS[isTls ? 'smtps' : 'smtp'] : Number(port);
  if (number < 1 || number > 65_535) throw new SettingFault('write a port from 1 to 65535');
  return { host: (address ?? name).toLowerCase(), port: number, isTls, ...credentialsOf(credentials) };
};

function credentialsOf(written: string | undefined): Pick<SmtpServer, 'credentials'> {
  if (written === undefined) return { credentials: undefined };
  const [user = '', password = '', ...rest] = written.split(':').map(decoded);
  const areUsable = [user, password].every((part) => part !== '' && !/\p{Cc}/u.test(part));
  if (!areUsable || rest.length > 0) {
    throw new SettingFault('before the @ write user:password, each percent-encoded, or nothing at all');
  }
  return { credentials: { user, password } };
}

// What cannot be decoded is no user and no password.
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

/** Whom mails come from: an address alone, or a name before it. */
export const readMailFrom: Reader<MailAddress> = (text) => {
  const [, name = '', address = text] = NAMED_ADDRESS.exec(text) ?? [];
  const written = name.trim().replace(/^"(.*)"$/, '$1');
  const isNameless = written === '';
  if (!isEmail(address) || (!isNameless && textFault(written, { maximum: TEXT_LIMITS.name }) !== undefined)) {
    throw new SettingFault(
      'write one address, or a name and one address: Tokenwarden <tokenwarden@example.org>',
    );
  }
  return { name: isNameless ? undefined : written, address };
};
