import { hostname } from 'node:os';
import { readInstanceName } from './address-readers.js';
import type { GivenSettings, SettingKey } from './definitions.js';
import { ldapMistakes, ldapSettings, ldapWarnings, unknownLdapNames } from './ldap-across.js';
import { hostInUrl, isEveryAddress, isLoopback } from './loopback.rules.js';
import { mailMistakes, mailSettings, mailWarnings } from './mail-across.js';
import { Settings } from './settings.js';
import { webhookMistakes, webhookSettings, webhookWarnings } from './webhook-across.js';

// Of the whole product, not of this version: whoever gives them expects an effect and is told that there is none.
const NOT_READ_YET = ['WORKERS', 'RESOLVE_GRACE_SECONDS'] as const;

/**
 * Fills in what one setting derives from others, and checks what holds across them.
 * @param given What was read, each by itself
 * @param named What the environment names, right or wrong
 */
export function completedSettings(
  given: GivenSettings,
  named: ReadonlySet<SettingKey>,
  environment: Readonly<Record<string, string | undefined>>,
): { settings: Settings; mistakes: string[] } {
  const host = given.host ?? '127.0.0.1';
  const port = given.port ?? 3_000;
  const isDemo = !named.has('directoryFile') && !named.has('ldapUrl');
  const ldap = ldapSettings(given);
  const webhook = webhookSettings(given);
  const isEmbedded = !named.has('databaseUrl');
  const publicUrl = given.publicUrl ?? `http://${hostInUrl(host)}:${port}`;
  const mail = mailSettings(given, publicUrl);
  const settings = new Settings({
    host,
    port,
    publicUrl,
    databaseUrl: given.databaseUrl,
    databaseDirectUrl: given.databaseDirectUrl ?? given.databaseUrl,
    dataDir: given.dataDir ?? '',
    directoryFile: given.directoryFile,
    ldap,
    directorySyncSchedule: given.directorySyncSchedule ?? '',
    adminGroups: given.adminGroups ?? (isDemo ? ['platform-admins'] : []),
    mail,
    webhook,
    masterKey: given.masterKey,
    signingAlgorithm: given.signingAlgorithm ?? 'ES256',
    audiences: given.audiences ?? [publicUrl],
    sessionLifetime: given.sessionLifetime ?? '',
    idempotencyWindow: given.idempotencyWindow ?? '',
    idempotencyValueWindow: given.idempotencyValueWindow ?? '',
    introspectionCacheMaxAge: given.introspectionCacheMaxAge ?? 1,
    allowedOrigins: given.allowedOrigins ?? [],
    trustedProxies: given.trustedProxies ?? [],
    graphqlIntrospection: given.graphqlIntrospection ?? isEmbedded,
    instanceName: given.instanceName ?? defaultInstanceName(port),
    logLevel: given.logLevel ?? 'info',
    warnings: [
      ...warningsFor(given, { host, publicUrl, isDemo, isUrlNamed: named.has('publicUrl') }),
      ...ldapWarnings(ldap),
      ...mailWarnings(mail, named),
      ...webhookWarnings(webhook),
      ...unknownLdapNames(environment),
      ...NOT_READ_YET.filter((name) => environment[name] !== undefined).map(
        (name) => `${name} is given, and this version does not read it.`,
      ),
    ],
  });
  return { settings, mistakes: mistakesAcross(given, named, { host, isDemo }) };
}

/** What must hold between the settings that say where the database is. */
export function databaseMistakes(named: ReadonlySet<SettingKey>): string[] {
  return named.has('databaseDirectUrl') && !named.has('databaseUrl')
    ? ['DATABASE_DIRECT_URL: it goes with DATABASE_URL: give that too, or leave this out.']
    : [];
}

function mistakesAcross(
  given: GivenSettings,
  named: ReadonlySet<SettingKey>,
  { host, isDemo }: { host: string; isDemo: boolean },
): string[] {
  const mistakes: string[] = [];
  const hasDatabase = named.has('databaseUrl');
  if (hasDatabase && !named.has('masterKey')) {
    mistakes.push(
      'MASTER_KEY: it is required with DATABASE_URL: give 32 bytes in base64 (`openssl rand -base64 32`).',
    );
  }
  if (hasDatabase && isDemo) {
    mistakes.push(
      'DIRECTORY_FILE: it or LDAP_URL is required with DATABASE_URL: name the JSON file of users and groups, or your LDAP server.',
    );
  }
  mistakes.push(
    ...databaseMistakes(named),
    ...ldapMistakes(given, named),
    ...mailMistakes(named),
    ...webhookMistakes(named),
  );
  if (isDemo && !isLoopback(host)) {
    mistakes.push(
      'HOST: on demo credentials it listens on loopback only: write 127.0.0.1, or give LDAP_URL or DIRECTORY_FILE (`npm run hash-password` makes its hashes).',
    );
  }
  if (given.audiences?.length === 0) {
    mistakes.push('AUDIENCES: name at least one audience, or leave it out for the issuer.');
  }
  if ((given.audiences?.join(' ').length ?? 0) > 2_000) {
    mistakes.push(
      'AUDIENCES: together at most 2,000 characters, so that a token for all of them stays below 6 KiB.',
    );
  }
  return mistakes;
}

function warningsFor(
  given: GivenSettings,
  at: { host: string; publicUrl: string; isDemo: boolean; isUrlNamed: boolean },
): string[] {
  const warnings: string[] = [];
  if (!at.isDemo && (given.adminGroups ?? []).length === 0) {
    warnings.push('ADMIN_GROUPS names no group: nobody is an administrator. Name one of the directory.');
  }
  if (!at.isUrlNamed && isEveryAddress(at.host)) {
    warnings.push(
      `PUBLIC_URL is not given, so that the issuer is ${at.publicUrl}, which nobody can reach. Give it.`,
    );
  }
  if (at.isUrlNamed && at.publicUrl.startsWith('http:') && !isLoopback(hostOf(at.publicUrl))) {
    warnings.push('PUBLIC_URL is plain http: sessions and tokens can be read on the way. Give an https URL.');
  }
  return warnings;
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

function defaultInstanceName(port: number): string {
  const name = `${hostname()}:${port}`;
  try {
    return readInstanceName(name);
  } catch {
    return `tokenwarden:${port}`; // a machine whose name no log should hold as it is
  }
}
