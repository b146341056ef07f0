import { isLoopback, type SmtpServer } from '@tokenwarden/settings';
import type { SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';

/** From the name of the server to the end of the handshake. */
const CONNECTION_SECONDS = 10;
/** For the server's first words. */
const GREETING_SECONDS = 10;
/** For each answer. */
const ANSWER_SECONDS = 20;
/** An answer is a line or a few. */
const LONGEST_ANSWER_BYTES = 65_536;

/**
 * How a connection to the server is made. A password goes over an encrypted connection to the server whose certificate it is, or
 * not at all; without one it is encrypted where the server can, so that whoever only listens reads nothing. What stays on this
 * machine is left as it is.
 */
export function smtpOptions({ host, port, isTls, credentials }: SmtpServer): SMTPConnectionOptions {
  const stays = isLoopback(host);
  const isSecret = credentials !== undefined && !stays;
  return {
    host,
    port,
    secure: isTls,
    requireTLS: !isTls && isSecret,
    ignoreTLS: !isTls && stays,
    opportunisticTLS: !isTls && !isSecret,
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: isTls || isSecret },
    connectionTimeout: CONNECTION_SECONDS * 1_000,
    dnsTimeout: CONNECTION_SECONDS * 1_000,
    greetingTimeout: GREETING_SECONDS * 1_000,
    socketTimeout: ANSWER_SECONDS * 1_000,
    socketCloseTimeout: 0,
    maxResponseSize: LONGEST_ANSWER_BYTES,
    logger: false,
    allowInternalNetworkInterfaces: true,
  };
}
