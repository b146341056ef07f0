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

/** A fault as rules decide it: its kind, and the sentence after the server's URL. */
export interface FaultInWords {
  readonly kind: LdapFaultKind;
  readonly sentence: string;
}

/** Result codes of RFC 4511, section 4.1.9 (and 4511's appendix A), by their names there. */
export const RESULT = {
  success: 0,
  operationsError: 1,
  protocolError: 2,
  timeLimitExceeded: 3,
  sizeLimitExceeded: 4,
  strongerAuthRequired: 8,
  referral: 10,
  adminLimitExceeded: 11,
  confidentialityRequired: 13,
  constraintViolation: 19,
  noSuchObject: 32,
  invalidDnSyntax: 34,
  inappropriateAuthentication: 48,
  invalidCredentials: 49,
  insufficientAccessRights: 50,
  busy: 51,
  unavailable: 52,
  unwillingToPerform: 53,
} as const;

// An unknown result is taken for the server's own trouble: a second one that gives it too costs little.
const ANOTHER_SERVER = new Set<LdapFaultKind>([
  'unreachable',
  'untrusted',
  'late',
  'cut',
  'busy',
  'refused',
  'other',
]);

/** Whether another server of LDAP_URL may do better: the fault is of this server, not of what was asked. */
export function isOfTheServer(kind: LdapFaultKind): boolean {
  return ANOTHER_SERVER.has(kind);
}

const UNKNOWN_AUTHORITY = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);

/** What an error of a socket means, by its `code`, outside of TLS or while that was being set up. */
export function socketFault(
  error: unknown,
  facts: { readonly host: string; readonly hasCaFile: boolean; readonly isSecuring: boolean },
): FaultInWords {
  const code = codeOf(error);
  if (facts.isSecuring) return tlsFault(code, facts);
  switch (code) {
    case 'ECONNREFUSED':
      return unreachable(
        `nobody listens there. Is the server running, and are host and port of LDAP_URL right?`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return unreachable(
        `the name ${facts.host} does not lead to an address. Is the host of LDAP_URL right?`,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return unreachable('there is no way to it over the network.');
    case 'ECONNRESET':
    case 'EPIPE':
      return { kind: 'cut', sentence: 'the connection broke before it had answered.' };
    default:
      return unreachable(`the connection failed (${code}).`);
  }
}

function tlsFault(code: string, { host, hasCaFile }: { host: string; hasCaFile: boolean }): FaultInWords {
  if (code === 'CERT_HAS_EXPIRED') return untrusted('its certificate has expired; it needs a new one.');
  if (code === 'CERT_NOT_YET_VALID')
    return untrusted('its certificate is not valid yet; are the clocks right?');
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return untrusted(
      `its certificate is not for ${host}. LDAP_URL must use a name that the certificate has, or the certificate ` +
        `must name ${host} as a subjectAltName.`,
    );
  }
  if (UNKNOWN_AUTHORITY.has(code)) {
    const right = hasCaFile
      ? 'LDAP_CA_FILE must hold the authority that signed it.'
      : 'Name the file of that authority in LDAP_CA_FILE.';
    return untrusted(`its certificate is signed by an authority that is not trusted (${code}). ${right}`);
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ECONNRESET' || code === 'EPIPE') {
    return untrusted('it does not speak TLS there. Is the port of LDAP_URL that of ldaps://?');
  }
  return untrusted(`TLS cannot be set up (${code}); TLS 1.2 or 1.3 is needed.`);
}

/**
 * What it means that a search ended with this result code, which is no success.
 * @param base below which everything was searched; undefined: one entry was read, which is not named, for it may be a
 * person's
 */
export function searchFault(code: number, base: string | undefined): FaultInWords {
  const asked = base === undefined ? 'an entry that it had given before' : `what is below "${base}"`;
  switch (code) {
    case RESULT.timeLimitExceeded:
    case RESULT.sizeLimitExceeded:
    case RESULT.adminLimitExceeded:
      return {
        kind: 'incomplete',
        sentence: `it gives only a part of ${asked} (result ${code}): raise its limits for LDAP_BIND_DN.`,
      };
    case RESULT.referral:
      return {
        kind: 'incomplete',
        sentence: `it refers to another server for ${asked}; referrals are not followed.`,
      };
    case RESULT.noSuchObject:
      return base === undefined
        ? { kind: 'missing', sentence: `it does not have ${asked} any more.` }
        : {
            kind: 'missing',
            sentence: `there is no entry "${base}", or LDAP_BIND_DN may not see it: look at LDAP_USER_BASE and LDAP_GROUP_BASE.`,
          };
    case RESULT.insufficientAccessRights:
      return { kind: 'refused', sentence: `LDAP_BIND_DN may not read ${asked}.` };
    default:
      return (
        encryptionFault(code) ??
        stateFault(code) ?? { kind: 'other', sentence: `asked for ${asked}, it answers with result ${code}.` }
      );
  }
}

/** What it means that LDAP_BIND_DN could not bind, by the result code, which is no success. */
export function readerBindFault(code: number): FaultInWords {
  switch (code) {
    case RESULT.invalidCredentials:
    case RESULT.noSuchObject:
    case RESULT.invalidDnSyntax:
      return { kind: 'refused', sentence: 'LDAP_BIND_DN and LDAP_BIND_PASSWORD are not accepted.' };
    case RESULT.constraintViolation:
    case RESULT.inappropriateAuthentication:
    case RESULT.insufficientAccessRights:
    case RESULT.unwillingToPerform:
      return {
        kind: 'refused',
        sentence: `LDAP_BIND_DN may not sign in (result ${code}): is it locked, disabled or without a password?`,
      };
    default:
      return (
        encryptionFault(code) ??
        stateFault(code) ?? {
          kind: 'other',
          sentence: `signing in as LDAP_BIND_DN ended with result ${code}.`,
        }
      );
  }
}

/** What the server says where it takes no password in clear. */
export function encryptionFault(code: number): FaultInWords | undefined {
  return code === RESULT.strongerAuthRequired || code === RESULT.confidentialityRequired
    ? {
        kind: 'refused',
        sentence: 'it takes no password without encryption: write ldaps://, or set LDAP_START_TLS=true.',
      }
    : undefined;
}

/** What the server says of itself, whatever was asked: it is busy, or about to stop. */
export function stateFault(code: number): FaultInWords | undefined {
  return code === RESULT.busy || code === RESULT.unavailable
    ? { kind: 'busy', sentence: `it is too busy or not ready (result ${code}).` }
    : undefined;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
}

const unreachable = (sentence: string): FaultInWords => ({ kind: 'unreachable', sentence });
const untrusted = (sentence: string): FaultInWords => ({ kind: 'untrusted', sentence });
