import type { FaultInWords, LdapFaultKind } from './ldap-faults.rules.js';

export type { LdapFaultKind };

/**
 * The directory could not be asked, or its answer is not whole. The message is a sentence for an operator: which
 * server, what went wrong, what would be right. Neither it nor the cause holds a password or a piece of an entry.
 */
export class LdapFault extends Error {
  override readonly name = 'LdapFault';
  /** The server's result code (RFC 4511, 4.1.9), where it was the server that refused. */
  readonly resultCode: number | undefined;

  constructor(
    readonly kind: LdapFaultKind,
    message: string,
    { cause, resultCode }: { cause?: unknown; resultCode?: number | undefined } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.resultCode = resultCode;
  }
}

/** What a rule decided, as a fault of this server. */
export function faultOf(
  url: string,
  { kind, sentence }: FaultInWords,
  more: { cause?: unknown; resultCode?: number } = {},
): LdapFault {
  return new LdapFault(kind, `${url}: ${sentence}`, more);
}
