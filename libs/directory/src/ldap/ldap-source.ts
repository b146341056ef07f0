import type { LdapSettings } from '@tokenwarden/settings';
import { directoryUnavailable } from '@tokenwarden/vocabulary';
import type { DirectoryAnswer, DirectoryCheck, DirectorySource, DirectoryUser } from '../directory-answer.js';
import { LdapConnections } from './connection/connections.js';
import { LdapFault } from './connection/ldap-faults.js';
import { readWholeDirectory } from './reading/ldap-reader.js';
import type { LdapServer } from './connection/ldap-server.js';
import { LdapSignIn } from './sign-in/ldap-sign-in.js';

/** One or more LDAP servers as a directory. */
export class LdapSource implements DirectorySource {
  readonly #settings: LdapSettings;
  readonly #connections: LdapConnections;
  readonly #signIn: LdapSignIn;

  constructor(settings: LdapSettings) {
    this.#settings = settings;
    this.#connections = new LdapConnections(settings);
    this.#signIn = new LdapSignIn(this.#connections, settings);
  }

  /** See `DirectorySource.readAll`: servers that did not answer before the one that did are warnings. */
  async readAll(signal?: AbortSignal): Promise<DirectoryAnswer> {
    try {
      return await this.#connections.withReader(async (connection, failures) => {
        const answer = await readWholeDirectory(connection, this.#settings, signal);
        return answer.whole ? { ...answer, warnings: [...failures, ...answer.warnings] } : answer;
      }, signal);
    } catch (error) {
      if (error instanceof LdapFault) return { whole: false, reasons: [error.message] };
      throw error;
    }
  }

  /** See `DirectorySource.authenticate`: within 4 seconds, whatever the servers do. */
  async authenticate(username: string, password: string): Promise<DirectoryUser | undefined> {
    try {
      return await this.#signIn.authenticate(username, password);
    } catch (error) {
      if (!(error instanceof LdapFault)) throw error;
      throw directoryUnavailable('The directory cannot be asked. Try again in a moment.', error);
    }
  }

  /** See `DirectorySource.check`. */
  async check(): Promise<DirectoryCheck> {
    const [steps, failures]: [string[], string[]] = [[], []];
    for (const server of this.#connections.servers) {
      try {
        steps.push(await this.#tried(server));
      } catch (error) {
        if (!(error instanceof LdapFault)) throw error;
        failures.push(error.message);
      }
    }
    if (steps.length === 0) return { steps, failures, answer: { whole: false, reasons: failures } };
    const answer = await this.readAll();
    // What was said of a server above need not be said once more.
    const isNew = (warning: string) => !failures.some((failure) => warning.startsWith(failure));
    return {
      steps,
      failures,
      answer: answer.whole ? { ...answer, warnings: answer.warnings.filter(isNew) } : answer,
    };
  }

  /** See `DirectorySource.close`. */
  async close(): Promise<void> {
    this.#signIn.close();
    this.#connections.close();
  }

  async #tried(server: LdapServer): Promise<string> {
    const begun = performance.now();
    const protocol = await this.#connections.tryServer(server);
    const how =
      protocol === undefined
        ? 'without encryption'
        : `encrypted by ${server.encryption === 'start-tls' ? 'StartTLS' : 'LDAPS'} (${protocol}), its certificate checked`;
    const took = Math.round(performance.now() - begun);
    return `Connected to ${server.url} ${how}, and bound as ${this.#settings.bindDn}: ${took} ms.`;
  }
}
