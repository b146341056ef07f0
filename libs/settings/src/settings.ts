import { inspect } from 'node:util';
import type { Duration } from '@tokenwarden/vocabulary';
import type { LDAP_SCHEMAS, LOG_LEVELS, SIGNING_ALGORITHMS } from './definitions.js';
import type { MailAddress, SmtpServer } from './mail-readers.js';

/** How the directory is reached over LDAP and what is read of it (LDAP_*). */
export interface LdapSettings {
  /** `ldap://host:port` or `ldaps://host:port`, tried in this order; at least one. The port is always there. */
  readonly urls: readonly string[];
  /** Whether a connection of `ldap://` is encrypted before anything else is said on it. */
  readonly startTls: boolean;
  /** Absolute; PEM. Undefined: the authorities that Node trusts. */
  readonly caFile: string | undefined;
  readonly bindDn: string;
  readonly bindPassword: string;
  readonly userBase: string;
  /** As written; undefined: that of the schema. */
  readonly userFilter: string | undefined;
  readonly groupBase: string;
  /** As written; undefined: that of the schema. */
  readonly groupFilter: string | undefined;
  readonly schema: (typeof LDAP_SCHEMAS)[number];
}

/** Where events are sent, and what they are signed with (WEBHOOK_*). Both are secrets: the path may let a sender in. */
export interface WebhookSettings {
  /** `http:` or `https:`, as a URL is written out. */
  readonly url: string;
  /** `whsec_` and 24 to 64 bytes in base64. */
  readonly secret: string;
}

/** How mail is sent (SMTP_URL), and from whom it comes (MAIL_FROM). */
export interface MailSettings {
  readonly server: SmtpServer;
  readonly from: MailAddress;
}

/** The values of all settings. */
export interface SettingsValues {
  readonly host: string;
  readonly port: number;
  /** The issuer, without trailing slash. */
  readonly publicUrl: string;
  /** Undefined: embedded Postgres. */
  readonly databaseUrl: string | undefined;
  /** Past a pooler; undefined only where `databaseUrl` is. */
  readonly databaseDirectUrl: string | undefined;
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute; undefined: LDAP, or the demo directory. */
  readonly directoryFile: string | undefined;
  /** Undefined: a file. */
  readonly ldap: LdapSettings | undefined;
  /** Five cron fields; `parseSchedule` reads them and does not fail. */
  readonly directorySyncSchedule: string;
  /** Names, or `id:` and a UUID. */
  readonly adminGroups: readonly string[];
  /** Undefined: nobody is told by mail. */
  readonly mail: MailSettings | undefined;
  /** Undefined: nobody is told by webhook. */
  readonly webhook: WebhookSettings | undefined;
  /** 32 bytes; undefined only in embedded mode before the key of DATA_DIR was read. */
  readonly masterKey: Buffer | undefined;
  /** For keys made from now on; a key that exists keeps its own. */
  readonly signingAlgorithm: (typeof SIGNING_ALGORITHMS)[number];
  /** At least one. */
  readonly audiences: readonly string[];
  readonly sessionLifetime: Duration;
  /** How long an idempotency key stands for its token. */
  readonly idempotencyWindow: Duration;
  /** How long of that it gives the token's value, too. */
  readonly idempotencyValueWindow: Duration;
  /** Seconds. */
  readonly introspectionCacheMaxAge: number;
  readonly allowedOrigins: readonly string[];
  /** Addresses and ranges. */
  readonly trustedProxies: readonly string[];
  readonly graphqlIntrospection: boolean;
  readonly instanceName: string;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** What is allowed and should be known, one sentence each; none holds a secret. */
  readonly warnings: readonly string[];
}

/** The environment, checked. Injectable everywhere; made once at start and never changed. */
export class Settings implements SettingsValues {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string;
  readonly databaseUrl: string | undefined;
  readonly databaseDirectUrl: string | undefined;
  readonly dataDir: string;
  readonly directoryFile: string | undefined;
  readonly ldap: LdapSettings | undefined;
  readonly directorySyncSchedule: string;
  readonly adminGroups: readonly string[];
  readonly mail: MailSettings | undefined;
  readonly webhook: WebhookSettings | undefined;
  readonly masterKey: Buffer | undefined;
  readonly signingAlgorithm: (typeof SIGNING_ALGORITHMS)[number];
  readonly audiences: readonly string[];
  readonly sessionLifetime: Duration;
  readonly idempotencyWindow: Duration;
  readonly idempotencyValueWindow: Duration;
  readonly introspectionCacheMaxAge: number;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly graphqlIntrospection: boolean;
  readonly instanceName: string;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly warnings: readonly string[];

  constructor(values: SettingsValues) {
    Object.assign(this, values);
    Object.freeze(this);
  }

  /** `<instance>.<worker>`: how this process is called in health answers, receipts and runs of housekeeping. */
  get processName(): string {
    return `${this.instanceName}.1`;
  }

  /** The same settings with what only the start can know: the URL of the embedded Postgres, the key of DATA_DIR. */
  with(known: Partial<Pick<SettingsValues, 'databaseUrl' | 'databaseDirectUrl' | 'masterKey'>>): Settings {
    return new Settings({ ...this, ...known });
  }

  /** Only the harmless part: settings that land in a log or an error show no secret. */
  toJSON(): Partial<SettingsValues> {
    const ldap = this.ldap && { ...this.ldap, bindPassword: '' };
    const mail = this.mail && { ...this.mail, server: { ...this.mail.server, credentials: undefined } };
    const secrets = { databaseUrl: undefined, databaseDirectUrl: undefined, masterKey: undefined };
    return { ...this, ...secrets, webhook: undefined, ldap, mail };
  }

  /** As `toJSON`, for console.log and util.inspect. */
  [inspect.custom](): Partial<SettingsValues> {
    return this.toJSON();
  }
}
