import { FileSource, LdapSource, type DirectorySource } from '@tokenwarden/directory';
import { writeDemoDirectory } from '@tokenwarden/embedded';
import { isLoopback, type DirectorySettings } from '@tokenwarden/settings';

/** The directory that the settings name; nothing is asked of it yet. Whoever opens it closes it. */
export async function openDirectory(settings: DirectorySettings): Promise<DirectorySource> {
  if (settings.ldap) return new LdapSource(settings.ldap);
  const acceptsPlainPasswords = isLoopback(settings.host);
  if (settings.directoryFile !== undefined)
    return new FileSource({ path: settings.directoryFile, acceptsPlainPasswords });
  const path = await writeDemoDirectory(settings.dataDir);
  return new FileSource({ path, acceptsPlainPasswords, name: 'the demo directory' });
}
