import {
  readAudience,
  readDatabaseUrl,
  readGroup,
  readHost,
  readInstanceName,
  readOrigin,
  readProxy,
  readPublicUrl,
} from './address-readers.js';
import { readMailFrom, readSmtpUrl } from './mail-readers.js';
import { readBase, readBindName, readBindPassword, readFilter, readLdapUrls } from './ldap-readers.js';
import {
  readBoolean,
  readLifetime,
  readList,
  readMasterKey,
  readPath,
  readSchedule,
  readWhole,
  readWord,
} from './readers.js';
import type { Reader } from './readers.js';
import { readWebhookSecret, readWebhookUrl } from './webhook-readers.js';

/** The kinds of LDAP server that are known: which attribute means what. */
export const LDAP_SCHEMAS = ['openldap', 'active-directory', '389ds'] as const;

/** One setting: how it is called, what it means, and how its text becomes a value. */
export interface SettingDefinition<T> {
  readonly name: string;
  /** Secrets may come from a file named by NAME_FILE. */
  readonly isSecret?: true;
  /** The text that is read where none is given. */
  readonly fallback?: string;
  /** What the reference shows as the default, where `fallback` does not say it. */
  readonly shownDefault?: string;
  /** Whether an empty text is a value (of a list: none) and not a mistake. */
  readonly mayBeEmpty?: true;
  readonly meaning: string;
  readonly read: Reader<T>;
}

/** The words of LOG_LEVEL, from the gravest on. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
/** The algorithms that signing keys are made for. */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256'] as const;

/**
 * The one schema of the environment, in the order of the reference. What is read, what is refused and what the
 * documentation says all come from here.
 */
export const DEFINITIONS = {
  host: {
    name: 'HOST',
    fallback: '127.0.0.1',
    meaning: 'Address to listen on; loopback only while it runs on demo credentials',
    read: readHost,
  },
  port: {
    name: 'PORT',
    fallback: '3000',
    meaning: 'Port to listen on, 1 to 65535',
    read: readWhole(1, 65_535),
  },
  publicUrl: {
    name: 'PUBLIC_URL',
    shownDefault: '`http://HOST:PORT`',
    meaning: 'The issuer: the URL under which everybody reaches the product, without trailing slash',
    read: readPublicUrl,
  },
  databaseUrl: {
    name: 'DATABASE_URL',
    isSecret: true,
    shownDefault: 'embedded Postgres',
    meaning: 'Postgres, as `postgres://user:password@host:5432/name`',
    read: readDatabaseUrl,
  },
  databaseDirectUrl: {
    name: 'DATABASE_DIRECT_URL',
    isSecret: true,
    shownDefault: '`DATABASE_URL`',
    meaning: 'The same database past a transaction pooler',
    read: readDatabaseUrl,
  },
  dataDir: {
    name: 'DATA_DIR',
    fallback: '.tokenwarden',
    meaning: 'Folder of all state that is kept outside `DATABASE_URL`',
    read: readPath,
  },
  directoryFile: {
    name: 'DIRECTORY_FILE',
    shownDefault: 'demo directory',
    meaning:
      'Users and groups as JSON, read again at each sync; this or `LDAP_URL` is required with `DATABASE_URL`',
    read: readPath,
  },
  ldapUrl: {
    name: 'LDAP_URL',
    meaning: 'Servers as `ldap://host:389` or `ldaps://host:636`, space-separated, tried in order',
    read: readLdapUrls,
  },
  ldapStartTls: {
    name: 'LDAP_START_TLS',
    fallback: 'false',
    meaning: 'Whether connections of `ldap://` are encrypted before anything else is said on them',
    read: readBoolean,
  },
  ldapCaFile: {
    name: 'LDAP_CA_FILE',
    shownDefault: 'those that Node trusts',
    meaning: 'Authorities that the certificate of the server is checked against, as PEM',
    read: readPath,
  },
  ldapBindDn: {
    name: 'LDAP_BIND_DN',
    meaning: 'The account that reads the directory; required with `LDAP_URL`',
    read: readBindName,
  },
  ldapBindPassword: {
    name: 'LDAP_BIND_PASSWORD',
    isSecret: true,
    meaning: 'Its password; required with `LDAP_URL`',
    read: readBindPassword,
  },
  ldapUserBase: {
    name: 'LDAP_USER_BASE',
    meaning: 'The entry below which users are found; required with `LDAP_URL`',
    read: readBase,
  },
  ldapUserFilter: {
    name: 'LDAP_USER_FILTER',
    shownDefault: 'that of `LDAP_SCHEMA`',
    meaning: 'Which entries there are users',
    read: readFilter,
  },
  ldapGroupBase: {
    name: 'LDAP_GROUP_BASE',
    shownDefault: '`LDAP_USER_BASE`',
    meaning: 'The entry below which groups are found',
    read: readBase,
  },
  ldapGroupFilter: {
    name: 'LDAP_GROUP_FILTER',
    shownDefault: 'that of `LDAP_SCHEMA`',
    meaning: 'Which entries there are groups',
    read: readFilter,
  },
  ldapSchema: {
    name: 'LDAP_SCHEMA',
    fallback: 'openldap',
    meaning: 'Which attributes mean what: `openldap`, `active-directory` or `389ds`',
    read: readWord(LDAP_SCHEMAS),
  },
  directorySyncSchedule: {
    name: 'DIRECTORY_SYNC_SCHEDULE',
    fallback: '*/5 * * * *',
    meaning: 'When the directory is read, as five cron fields in UTC',
    read: readSchedule,
  },
  adminGroups: {
    name: 'ADMIN_GROUPS',
    mayBeEmpty: true,
    shownDefault: '`platform-admins` in the demo, else none',
    meaning: 'Groups that hold `*:*`: names or `id:UUID`, comma-separated',
    read: readList(readGroup),
  },
  smtpUrl: {
    name: 'SMTP_URL',
    isSecret: true,
    shownDefault: 'no mail is sent',
    meaning:
      'The mail server, as `smtp://user:password@host:587` or `smtps://host:465`; user and password percent-encoded',
    read: readSmtpUrl,
  },
  mailFrom: {
    name: 'MAIL_FROM',
    shownDefault: '`Tokenwarden <tokenwarden@HOST>`, the host of `PUBLIC_URL`',
    meaning: 'Whom mails come from: an address, or `Name <address>`',
    read: readMailFrom,
  },
  webhookUrl: {
    name: 'WEBHOOK_URL',
    isSecret: true,
    shownDefault: 'no webhook',
    meaning: 'Where signed events are sent, as `https://host/path`',
    read: readWebhookUrl,
  },
  webhookSecret: {
    name: 'WEBHOOK_SECRET',
    isSecret: true,
    meaning: 'What they are signed with: `whsec_` and 24 to 64 bytes in base64; required with `WEBHOOK_URL`',
    read: readWebhookSecret,
  },
  masterKey: {
    name: 'MASTER_KEY',
    isSecret: true,
    shownDefault: 'made once under `DATA_DIR` when embedded',
    meaning: '32 bytes in base64, encrypts signing keys at rest; required with `DATABASE_URL`',
    read: readMasterKey,
  },
  signingAlgorithm: {
    name: 'SIGNING_ALGORITHM',
    fallback: 'ES256',
    meaning: 'Of signing keys made from now on: `ES256` or `RS256`; keys that exist keep theirs',
    read: readWord(SIGNING_ALGORITHMS),
  },
  audiences: {
    name: 'AUDIENCES',
    shownDefault: 'the issuer',
    meaning: 'Whom tokens are for, comma-separated',
    read: readList(readAudience),
  },
  sessionLifetime: {
    name: 'SESSION_LIFETIME',
    fallback: 'PT12H',
    meaning: 'How long signing in lasts, as an ISO 8601 duration',
    read: readLifetime,
  },
  idempotencyWindow: {
    name: 'IDEMPOTENCY_WINDOW',
    fallback: 'PT24H',
    meaning: 'How long a repeated `idempotencyKey` gives the token that it stands for',
    read: readLifetime,
  },
  idempotencyValueWindow: {
    name: 'IDEMPOTENCY_VALUE_WINDOW',
    fallback: 'PT10M',
    meaning: 'How long of that it gives the value of the token, too',
    read: readLifetime,
  },
  introspectionCacheMaxAge: {
    name: 'INTROSPECTION_CACHE_MAX_AGE',
    fallback: '1',
    meaning: 'Seconds for which callers may keep an introspection answer, 0 to 60',
    read: readWhole(0, 60),
  },
  allowedOrigins: {
    name: 'ALLOWED_ORIGINS',
    mayBeEmpty: true,
    fallback: '',
    meaning: 'Origins of consoles hosted elsewhere, comma-separated',
    read: readList(readOrigin),
  },
  trustedProxies: {
    name: 'TRUSTED_PROXIES',
    mayBeEmpty: true,
    fallback: '',
    meaning: 'Addresses or ranges whose forwarded headers count, comma-separated',
    read: readList(readProxy),
  },
  graphqlIntrospection: {
    name: 'GRAPHQL_INTROSPECTION',
    shownDefault: '`true` when embedded, else `false`',
    meaning: 'Whether GraphQL describes its schema',
    read: readBoolean,
  },
  instanceName: {
    name: 'INSTANCE_NAME',
    shownDefault: "the machine's name and `PORT`",
    meaning: 'What this instance calls itself',
    read: readInstanceName,
  },
  logLevel: {
    name: 'LOG_LEVEL',
    fallback: 'info',
    meaning: '`fatal`, `error`, `warn`, `info`, `debug` or `trace`',
    read: readWord(LOG_LEVELS),
  },
} as const satisfies Record<string, SettingDefinition<unknown>>;

/** One property of `Settings` that the environment gives. */
export type SettingKey = keyof typeof DEFINITIONS;
/** What was given, read; undefined where nothing was, or nothing that can be. */
export type GivenSettings = { [K in SettingKey]: ReturnType<(typeof DEFINITIONS)[K]['read']> | undefined };
