/**
 * What kept the directory from answering, as far as it decides what happens next:
 * - `unreachable`: no connection: refused, no such host, no network;
 * - `untrusted`: the server's certificate, its name or its encryption does not hold;
 * - `late`: no answer in time;
 * - `cut`: the connection ended before the answer did, or the bytes on it are no LDAP;
 * - `busy`: the server, or Tokenwarden itself, has too much to do, or is about to stop;
 * - `refused`: LDAP_BIND_DN may not bind or may not read;
 * - `missing`: the base of a search is not there;
 * - `incomplete`: the answer stops before its end: a limit of the server, or a referral;
 * - `setting`: a setting cannot be right;
 * - `aborted`: whoever asked does not wait any more;
 * - `other`: a result that fits none of these.
 */
export type LdapFaultKind =
  | 'unreachable'
  | 'untrusted'
  | 'late'
  | 'cut'
  | 'busy'
  | 'refused'
  | 'missing'
  | 'incomplete'
  | 'setting'
  | 'aborted'
  | 'other';

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
    { cause, resultCode }: { cause?: unknown; resultCode?: number } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.resultCode = resultCode;
  }
}
