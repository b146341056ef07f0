import { readFileSync } from 'node:fs';
import { DEFINITIONS } from './definitions.js';
import type { GivenSettings, SettingDefinition, SettingKey } from './definitions.js';
import { LDAP_KEYS, ldapMistakes, ldapWarnings, unknownLdapNames } from './ldap-across.js';
import { authoritiesFault } from './ldap-readers.js';
import { completedSettings, databaseMistakes } from './rules-across.js';
import { SettingFault } from './setting-fault.js';
import type { Settings } from './settings.js';

/** The environment as node gives it. */
export type Environment = Readonly<Record<string, string | undefined>>;
/** Gives the text of a file; throws where it cannot. */
export type FileReader = (path: string) => string;

/** The settings cannot be used. `mistakes` names each, and what would be right; none repeats a secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly mistakes: readonly string[]) {
    super(`The settings cannot be used:\n${mistakes.map((mistake) => `- ${mistake}`).join('\n')}`);
  }
}

/** Where the database is, and what a command on it calls itself. */
export type DatabaseSettings = Pick<
  Settings,
  'databaseUrl' | 'databaseDirectUrl' | 'dataDir' | 'instanceName'
>;

/** Where the directory is and who administers, and whatever an operator should know of that. */
export type DirectorySettings = Pick<
  Settings,
  'host' | 'dataDir' | 'directoryFile' | 'ldap' | 'adminGroups' | 'warnings'
>;

const ALL = Object.keys(DEFINITIONS) as SettingKey[];
const OF_THE_DATABASE: readonly SettingKey[] = [
  'databaseUrl',
  'databaseDirectUrl',
  'dataDir',
  'instanceName',
  'port', // the default of INSTANCE_NAME names it
];
const OF_THE_DIRECTORY: readonly SettingKey[] = [
  'host', // plain passwords may stand in a file while it is loopback
  'dataDir',
  'directoryFile',
  ...LDAP_KEYS,
  'directorySyncSchedule', // not used by a check, and a mistake in it is found by one all the same
  'adminGroups',
];

/**
 * Reads and checks every setting, each alone and all together, before anything is started.
 * @throws SettingsError with all mistakes at once
 */
export function readSettings(environment: Environment, readFile: FileReader = readTextFile): Settings {
  const { given, named, mistakes } = eachOf(ALL, environment, readFile);
  const { settings, mistakes: across } = completedSettings(given, named, environment);
  const all = [...mistakes, ...authoritiesMistakes(given.ldapCaFile, readFile), ...across];
  throwWhereAny(all, unknownLdapNames(environment));
  return settings;
}

/**
 * Reads where the database is and nothing else: for commands that must work when all the rest is missing or wrong.
 * @throws SettingsError with all mistakes of these settings at once
 */
export function readDatabaseSettings(
  environment: Environment,
  readFile: FileReader = readTextFile,
): DatabaseSettings {
  const { given, named, mistakes } = eachOf(OF_THE_DATABASE, environment, readFile);
  throwWhereAny([...mistakes, ...databaseMistakes(named)]);
  const { databaseUrl, databaseDirectUrl, dataDir, instanceName } = completedSettings(
    given,
    named,
    environment,
  ).settings;
  return { databaseUrl, databaseDirectUrl, dataDir, instanceName };
}

/**
 * Reads what the directory is and nothing else, as `readDatabaseSettings` does for the database.
 * @throws SettingsError with all mistakes of these settings at once
 */
export function readDirectorySettings(
  environment: Environment,
  readFile: FileReader = readTextFile,
): DirectorySettings {
  const { given, named, mistakes } = eachOf(OF_THE_DIRECTORY, environment, readFile);
  const across = [...authoritiesMistakes(given.ldapCaFile, readFile), ...ldapMistakes(given, named)];
  throwWhereAny([...mistakes, ...across], unknownLdapNames(environment));
  const { host, dataDir, directoryFile, ldap, adminGroups } = completedSettings(given, named, {}).settings;
  const warnings = [...ldapWarnings(ldap), ...unknownLdapNames(environment)];
  return { host, dataDir, directoryFile, ldap, adminGroups, warnings };
}

/** What is given of these settings, each read by itself. */
function eachOf(
  keys: readonly SettingKey[],
  environment: Environment,
  readFile: FileReader,
): { given: GivenSettings; named: ReadonlySet<SettingKey>; mistakes: string[] } {
  const mistakes: string[] = [];
  const given: Partial<Record<SettingKey, unknown>> = {};
  const named = new Set<SettingKey>();
  for (const key of keys) {
    const definition: SettingDefinition<unknown> = DEFINITIONS[key];
    try {
      const text = textOf(definition, environment, readFile);
      if (text !== undefined) named.add(key);
      const read = text ?? definition.fallback;
      given[key] = read === undefined ? undefined : definition.read(read);
    } catch (error) {
      if (!(error instanceof SettingFault)) throw error;
      named.add(key);
      mistakes.push(`${definition.name}: ${error.message}.`.replace(/\.\.$/, '.'));
    }
  }
  return { given: given as GivenSettings, named, mistakes };
}

// Where one is missing it may be there under a wrong name, which is otherwise only a warning.
function throwWhereAny(mistakes: readonly string[], wrongNames: readonly string[] = []): void {
  if (mistakes.length > 0) throw new SettingsError([...mistakes, ...wrongNames]);
}

function textOf(
  { name, isSecret, mayBeEmpty }: SettingDefinition<unknown>,
  environment: Environment,
  readFile: FileReader,
): string | undefined {
  const text = environment[name];
  const path = isSecret ? environment[`${name}_FILE`] : undefined;
  if (text !== undefined && path !== undefined) {
    throw new SettingFault(`give either ${name} or ${name}_FILE, not both`);
  }
  if (path !== undefined) return secretFrom(path, name, readFile);
  // An empty variable is rather a failed substitution than a wish: DATABASE_URL="" must not start an embedded database.
  if (text === '' && !mayBeEmpty) throw new SettingFault('it is empty: give a value, or leave it out');
  return text;
}

function secretFrom(path: string, name: string, readFile: FileReader): string {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    throw new SettingFault(`${name}_FILE names no file that can be read${codeOf(error)}: name one`);
  }
  // Editors and `echo` end a file with a line break; it is no part of the secret.
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new SettingFault(`the file of ${name}_FILE is empty: write the value into it`);
  return secret;
}

/** That LDAP_CA_FILE can be read and holds certificates: said now, and not at the first connection. */
function authoritiesMistakes(path: string | undefined, readFile: FileReader): string[] {
  if (path === undefined) return [];
  try {
    const fault = authoritiesFault(readFile(path));
    return fault === undefined ? [] : [`LDAP_CA_FILE: ${fault}.`];
  } catch (error) {
    return [`LDAP_CA_FILE: it names no file that can be read${codeOf(error)}: name one.`];
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
}

function readTextFile(path: string): string {
  return readFileSync(path, 'utf8');
}
