import type { Client } from 'ldapts';
import { startSlapd, type RunningSlapd } from '../../../test/harness/index.js';
import type { DirectoryAnswer, WholeAnswer } from '../src/directory-answer.js';
import { BoundConnection } from '../src/ldap/connection/bound-connection.js';
import type { LdapConnection } from '../src/ldap/connection/ldap-connection.js';
import { LdapTrust, serverOf } from '../src/ldap/connection/ldap-server.js';
import { readWholeDirectory, type ReadSettings } from '../src/ldap/reading/ldap-reader.js';

/** Where its people are. */
export const PEOPLE = 'ou=people,dc=demo,dc=example';
/** Where its groups are. */
export const GROUPS = 'ou=groups,dc=demo,dc=example';

/** An OpenLDAP that is read over one connection, bound as its reader. */
export class SlapdReading {
  private constructor(
    readonly slapd: RunningSlapd,
    readonly admin: Client,
    readonly connection: BoundConnection,
  ) {}

  /** Starts one with these entries. */
  static async begin(ldif: string): Promise<SlapdReading> {
    const slapd = await startSlapd({ ldif });
    const { readerDn: dn, readerPassword: password, url, caFile } = slapd;
    const reach = { server: serverOf(url, true), trust: new LdapTrust(caFile) };
    const reader = { dn, password, schema: 'openldap' } as const;
    const connection = await BoundConnection.open(reach, reader, { milliseconds: 5_000 });
    return new SlapdReading(slapd, await slapd.admin(), connection);
  }

  /** What reading it gives, with other settings, or over a connection that does something in between. */
  async read(
    changed: Partial<ReadSettings> = {},
    over: LdapConnection = this.connection,
    signal?: AbortSignal,
  ): Promise<DirectoryAnswer> {
    const settings = {
      schema: 'openldap',
      userBase: PEOPLE,
      groupBase: GROUPS,
      userFilter: undefined,
      groupFilter: undefined,
    } as const;
    return await readWholeDirectory(over, { ...settings, ...changed }, signal);
  }

  /**
   * As `read`.
   * @throws Error with the reasons where the answer is not whole
   */
  async readWhole(changed: Partial<ReadSettings> = {}, over?: LdapConnection): Promise<WholeAnswer> {
    const answer = await this.read(changed, over);
    if (!answer.whole) throw new Error(answer.reasons.join(' '));
    return answer;
  }

  /** Ends the server. */
  async end(): Promise<void> {
    this.connection.channel.end();
    await this.admin.unbind();
    await this.slapd.stop();
  }
}
