import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls';
import { LdapFault } from './ldap-faults.js';

/** One server of LDAP_URL. */
export interface LdapServer {
  /** As in LDAP_URL. */
  readonly url: string;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** `ldaps`: from the first byte; `start-tls`: before anything else is said; `none`: never. */
  readonly encryption: 'ldaps' | 'start-tls' | 'none';
}

/** A URL of LDAP_URL, which the settings have checked. */
export function serverOf(url: string, startTls: boolean): LdapServer {
  const { protocol, hostname, port } = new URL(url);
  const isSecure = protocol === 'ldaps:';
  return {
    url,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (isSecure ? 636 : 389) : Number(port),
    encryption: isSecure ? 'ldaps' : startTls ? 'start-tls' : 'none',
  };
}

/** Whom to trust: LDAP_CA_FILE, read again for every connection so that a new one counts at once, or what Node trusts. */
export class LdapTrust {
  private known: { readonly authorities: string | undefined; readonly context: SecureContext } | undefined;

  constructor(readonly caFile: string | undefined) {}

  /**
   * How a connection is secured: TLS 1.2 or newer, the certificate's chain, time and name checked. There is no switch to
   * turn that off, and `NODE_TLS_REJECT_UNAUTHORIZED` does not.
   * @throws LdapFault `setting` where LDAP_CA_FILE cannot be used
   */
  async optionsFor(host: string): Promise<ConnectionOptions> {
    const authorities = this.caFile === undefined ? undefined : await authoritiesOf(this.caFile);
    if (!this.known || this.known.authorities !== authorities) {
      this.known = { authorities, context: contextOf(authorities) };
    }
    return {
      host,
      // A name in the handshake may not be an address (RFC 6066, section 3); the certificate is compared with `host`.
      servername: isIP(host) === 0 ? host : '',
      rejectUnauthorized: true,
      secureContext: this.known.context,
    };
  }
}

async function authoritiesOf(path: string): Promise<string> {
  const authorities = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new LdapFault('setting', 'LDAP_CA_FILE cannot be read.', { cause: error });
  });
  if (authorities.includes('-----BEGIN CERTIFICATE-----')) return authorities;
  throw new LdapFault('setting', 'LDAP_CA_FILE holds no certificate in PEM.');
}

function contextOf(authorities: string | undefined): SecureContext {
  try {
    return createSecureContext({ minVersion: 'TLSv1.2', ca: authorities });
  } catch (error) {
    throw new LdapFault('setting', 'LDAP_CA_FILE holds what is no certificate.', { cause: error });
  }
}
