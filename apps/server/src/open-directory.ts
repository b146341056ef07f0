import { FileSource, type DirectorySource } from '@tokenwarden/directory';
import { CannotStartError, writeDemoDirectory } from '@tokenwarden/embedded';
import { isLoopback, type DirectorySettings } from '@tokenwarden/settings';

/** The directory that the settings name; nothing is asked of it yet. Whoever opens it closes it. */
export async function openDirectory(settings: DirectorySettings): Promise<DirectorySource> {
  if (settings.ldap) throw new CannotStartError('LDAP_URL: this version cannot connect to it yet.');
  return new FileSource({
    path: settings.directoryFile ?? (await writeDemoDirectory(settings.dataDir)),
    acceptsPlainPasswords: isLoopback(settings.host),
  });
}
